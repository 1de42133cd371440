import { Logger } from '@nestjs/common';
import { STOP } from '../config/timing.js';

interface Running {
  stop(): Promise<void>;
}

/** Starts a process of the product, reports to its parent when it is ready, and stops it on SIGTERM, SIGINT or the end of its parent. */
export async function runProcess(name: string, start: () => Promise<Running>): Promise<void> {
  const logger = new Logger(name);
  process.on('unhandledRejection', (reason) => logger.error({ err: reason }, 'an unhandled rejection'));
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`${name} does not start: ${(error as Error).message}\n`);
    process.exit(1);
  }
  const stop = once(() => void shutDown(running, logger));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
  // False, not undefined: there was a parent, and it ended before the listener was added.
  if (process.connected === false) stop();
  process.send?.({ ready: true });
}

async function shutDown(running: Running, logger: Logger): Promise<void> {
  setTimeout(() => process.exit(1), STOP.deadline).unref();
  try {
    await running.stop();
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, 'the process did not stop cleanly');
    process.exit(1);
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (!done) run();
    done = true;
  };
}
