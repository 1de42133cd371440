import { join } from 'node:path';
import { step } from '../step.mjs';
import { AppProcess } from './app-process.js';
import { banner } from './banner.js';
import { startDependencies } from './dependencies.js';
import { apiUrl, type LaunchSettings, launchSettings } from './launch-settings.js';
import { Supervisor } from './supervisor.js';
import { eventually } from './wait.js';

const READY_MS = 60_000;

/**
 * Runs the whole product until it is stopped or a server fails.
 * @returns the exit code
 */
export async function main(root: string, _args: string[], signal: AbortSignal): Promise<number> {
  const began = performance.now();
  const supervisor = new Supervisor(root);
  const stopRequested = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
  try {
    const settings = launchSettings(root);
    const started = startAll(root, settings, supervisor, signal).then(() => {
      if (!signal.aborted) console.log(banner(settings, ((performance.now() - began) / 1000).toFixed(1)));
    });
    const reason = await Promise.race([
      started.then(() => supervisor.failed),
      supervisor.failed,
      stopRequested,
    ]);
    if (reason) console.error(`\n${reason}`);
    return reason ? 1 : 0;
  } finally {
    await step('Stopping', () => supervisor.stop());
  }
}

async function startAll(
  root: string,
  settings: LaunchSettings,
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<void> {
  const addresses = await startDependencies(root, settings, supervisor, signal);
  const env = { ...settings.env, ...addresses };
  await step('API and worker', async () => {
    await Promise.all([
      supervisor.keep('API', () => new AppProcess('API', join(root, 'dist/main.js'), env)),
      supervisor.keep('worker', () => new AppProcess('worker', join(root, 'dist/worker.js'), env)),
    ]);
    const ready = `${apiUrl({}, settings.port, settings.host)}/readyz`;
    // 503 until the API is ready.
    const isReady = () =>
      fetch(ready).then(
        (response) => response.status !== 503,
        () => false,
      );
    if (!(await eventually(async () => signal.aborted || (await isReady()), READY_MS))) {
      throw new Error(`The API does not answer ${ready}.`);
    }
  });
}
