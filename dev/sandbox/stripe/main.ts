import { createStripeSandbox } from './sandbox.js';

const { env } = process;

async function main(): Promise<void> {
  const sandbox = await createStripeSandbox({
    port: Number(env.PORT || 0),
    host: env.HOST || undefined,
    dataFile: env.DATA_FILE || undefined,
    webhookUrl: env.WEBHOOK_URL || undefined,
    webhookSecret: env.WEBHOOK_SECRET || undefined,
    proPriceId: env.PRO_PRICE_ID || undefined,
    publicUrl: env.PUBLIC_URL || undefined,
  });
  const stop = () => void sandbox.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (env.EXIT_WITH_PARENT === '1') {
    process.once('disconnect', stop);
    // False, unlike undefined, tells of a parent that left before anybody listened for it.
    if (process.connected === false) stop();
  }
  console.log(JSON.stringify({ ready: true, url: sandbox.url }));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
