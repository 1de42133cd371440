import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { learnSettings, look } from './secrets.js';

/** The end of the output that is kept, in characters. */
const KEPT = 200_000;
/** Output is searched for secrets when the process has ended, since one may be printed before it is known; or at this length. */
const UNSEARCHED = 5_000_000;

/** The API or the worker: as `npm test` bundled it, or as the build left it where that did not run. */
export function productEntry(name: 'main' | 'worker'): string {
  const bundled = process.env.TEST_PRODUCT;
  return bundled ? path.join(bundled, `${name}.mjs`) : `dist/${name}.js`;
}

/** A real process of the product, with what it printed: all of it is searched for secrets. */
export class Child {
  output = '';
  readonly exited: Promise<number | NodeJS.Signals | null>;

  /** All that it printed has been searched. */
  private readonly searched: Promise<void>;
  private unsearched = '';

  private constructor(
    readonly process: ChildProcess,
    private readonly entry: string,
  ) {
    this.process.stdout?.on('data', (chunk: Buffer) => this.keep(chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => this.keep(chunk.toString()));
    this.searched = once(process, 'close').then(() => this.search(this.unsearched.length));
    this.exited = once(process, 'exit').then(
      ([code, signal]) => (code as number | null) ?? (signal as NodeJS.Signals),
    );
  }

  /** Starts a compiled entry such as `dist/main.js`, from the project's folder, and waits until it says that it is ready. */
  static async start(entry: string, env: Record<string, string>): Promise<Child> {
    const child = new Child(
      fork(path.resolve(entry), {
        env: { PATH: process.env.PATH, ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      }),
      entry,
    );
    learnSettings(env);
    const ready = new Promise<boolean>((resolve) => child.process.once('message', () => resolve(true)));
    const started = await Promise.race([ready, child.exited.then(() => false)]);
    if (!started) throw new Error(`${entry} did not start:\n${child.output}`);
    return child;
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Sends a signal; after one that ends the process, waits for the end. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    this.process.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.exited;
  }

  async stop(): Promise<void> {
    if (!this.running) return this.searched;
    this.process.kill('SIGCONT');
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
    await this.exited;
    clearTimeout(timer);
    await this.searched;
  }

  private keep(text: string): void {
    this.output = (this.output + text).slice(-KEPT);
    this.unsearched += text;
    if (this.unsearched.length > UNSEARCHED) this.search(this.unsearched.lastIndexOf('\n') + 1);
  }

  private search(length: number): void {
    look(this.unsearched.slice(0, length), this.entry);
    this.unsearched = this.unsearched.slice(length);
  }
}
