import { Child } from './child.js';
import { isStopped } from './process-tree.js';

/** A place for one process of the product, which may die there and be started again. */
export class Slot {
  private child?: Child;
  private starting?: Promise<void>;
  /** Whether its end was asked for here. */
  private ending = false;
  /** Told when a process ends here by itself: how, and the end of what it printed. A failpoint's end is a SIGKILL. */
  onDeath?: (slot: Slot, how: string, output: string) => void;

  constructor(
    readonly name: string,
    private readonly entry: string,
    private readonly env: Record<string, string>,
  ) {}

  get running(): boolean {
    return this.child?.running ?? false;
  }

  get frozen(): boolean {
    return this.running && isStopped(this.child?.pid ?? 0);
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** The end of what the present process printed. */
  get output(): string {
    return this.child?.output ?? '';
  }

  /** Starts a process if there is none, and waits until it is ready. */
  async start(): Promise<void> {
    if (this.running && !this.starting) return;
    this.starting ??= this.launch().finally(() => (this.starting = undefined));
    await this.starting;
  }

  /** Arms failpoints of the running process; `none` disarms all. */
  arm(failpoints: string): void {
    if (this.child?.process.connected) this.child.process.send({ failpoints }, () => undefined);
  }

  /** Sends a signal; after one that ends the process, waits for the end. */
  async signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (!this.child?.running) return null;
    this.ending ||= signal !== 'SIGSTOP' && signal !== 'SIGCONT';
    await this.child.signal(signal);
    return signal === 'SIGSTOP' || signal === 'SIGCONT' ? null : this.child.exited;
  }

  async stop(): Promise<void> {
    await this.starting?.catch(() => undefined);
    this.ending = true;
    await this.child?.stop();
  }

  private async launch(): Promise<void> {
    const child = await Child.start(this.entry, this.env);
    this.child = child;
    this.ending = false;
    void child.exited.then((how) => {
      if (!this.ending) this.onDeath?.(this, String(how), child.output.slice(-3_000));
    });
  }
}
