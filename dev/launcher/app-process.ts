import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endProcess } from './daemon.js';

/** MiB of V8's young generation: the default lets an idle process keep 30 MiB of garbage. As in the scripts of package.json. */
const SMALL_NURSERY = '--max-semi-space-size=2';

/** The product's own deadline for a drain is 40 s: this only catches what is past it. */
const DRAIN_MS = 45_000;

/** One of our own Node programs: the API, the worker or a sandbox, its output shown under its name. */
export class AppProcess {
  /** Resolves to what the program said when it was ready (a sandbox: its URL), or to null if it ended before. */
  readonly ready: Promise<{ url?: string } | null>;
  /** Resolves, never rejects, to how the program went. */
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;

  constructor(
    readonly name: string,
    file: string,
    env: NodeJS.ProcessEnv,
  ) {
    // A group of its own, out of reach of the terminal's Ctrl-C: the launcher decides the order. The channel tells the
    // program when the launcher is gone.
    const child = spawn(process.execPath, [SMALL_NURSERY, file], {
      env: { ...env, EXIT_WITH_PARENT: '1' },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    const killWithUs = () => child.kill('SIGKILL');
    process.once('exit', killWithUs);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => {
        process.off('exit', killWithUs);
        resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`);
      });
    });
    const announced = new Promise<{ url?: string }>((resolve) => {
      child.on('message', (message) => isReady(message) && resolve(message));
      this.show((message) => isReady(message) && resolve(message));
    });
    this.ready = Promise.race([announced, this.exited.then(() => null)]);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.pid > 0 && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @param drainMs how long it may finish what it is doing */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    if (this.running)
      await endProcess(this.pid, [
        ['SIGTERM', drainMs],
        ['SIGKILL', 3000],
      ]);
    await this.exited;
  }

  /** Prints the program's lines under its name; the line that tells its address is for us. */
  private show(announce: (message: unknown) => void): void {
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (line.startsWith('{"ready":')) announce(JSON.parse(line));
        else console.log(`${this.name.padEnd(14)} | ${line}`);
      });
    }
  }
}

function isReady(message: unknown): message is { url?: string } {
  return typeof message === 'object' && message !== null && 'ready' in message;
}
