import { createGeminiSandbox } from './create-gemini-sandbox.js';

const { PORT = '0', HOST = '127.0.0.1', SANDBOX_CHUNK_DELAY_MS = '20', EXIT_WITH_PARENT } = process.env;

const sandbox = createGeminiSandbox({ chunkDelayMs: Number(SANDBOX_CHUNK_DELAY_MS) });

function stop(): void {
  sandbox.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
if (EXIT_WITH_PARENT === '1') {
  process.once('disconnect', stop);
  // False, unlike undefined, tells of a parent that left before anybody listened for it.
  if (process.connected === false) stop();
}

sandbox.listen(Number(PORT), HOST).then(
  (url) => console.log(JSON.stringify({ ready: true, url })),
  (error: Error) => {
    console.error(`The Gemini sandbox cannot listen on ${HOST}:${PORT}: ${error.message}`);
    process.exit(1);
  },
);
