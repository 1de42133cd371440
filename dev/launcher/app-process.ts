import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endProcess } from './daemon.js';

/** MiB of V8's young generation: with the default an idle process keeps 30 MiB of garbage. As in package.json's scripts. */
const SEMI_SPACE = '--max-semi-space-size=2';

/** Beyond the product's own deadline for a drain, which is 40 s. */
const DRAIN_MS = 45_000;

/** A Node program of this project: the API, the worker or a sandbox. Its output is shown with its name. */
export class AppProcess {
  /** Resolves to the ready message of the program (of a sandbox: with its URL), or to null if it exits before. */
  readonly ready: Promise<{ url?: string } | null>;
  /** Resolves, never rejects, to the reason of the exit. */
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;

  constructor(
    readonly name: string,
    file: string,
    env: NodeJS.ProcessEnv,
    node = process.execPath,
  ) {
    // A process group of its own does not get the terminal's Ctrl-C: the launcher decides the order. The IPC channel
    // closes when the launcher exits, even by SIGKILL: then the program stops.
    const child = spawn(node, [SEMI_SPACE, file], {
      env: { ...env, EXIT_WITH_PARENT: '1' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    const killOnExit = () => child.kill('SIGKILL');
    process.once('exit', killOnExit);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => {
        process.off('exit', killOnExit);
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`);
      });
    });
    const readyMessage = new Promise<{ url?: string }>((resolve) => {
      child.on('message', (message) => isReady(message) && resolve(message));
      this.show((message) => isReady(message) && resolve(message));
    });
    this.ready = Promise.race([readyMessage, this.exited.then(() => null)]);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.pid > 0 && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @param drainMs the time for the work in progress */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    if (this.running)
      await endProcess(this.pid, [
        ['SIGTERM', drainMs],
        ['SIGKILL', 3000],
      ]);
    await this.exited;
  }

  /** Prints the program's lines with its name, except the ready message of a sandbox. */
  private show(onReady: (message: unknown) => void): void {
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (line.startsWith('{"ready":')) onReady(JSON.parse(line));
        else console.log(`${this.name.padEnd(14)} | ${line}`);
      });
    }
  }
}

function isReady(message: unknown): message is { url?: string } {
  return typeof message === 'object' && message !== null && 'ready' in message;
}
