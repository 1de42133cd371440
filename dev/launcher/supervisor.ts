import { rememberProcesses } from '../leftovers.mjs';
import { AppProcess } from './app-process.js';
import { Deaths } from './deaths.js';

const BROKEN_DRAIN_MS = 3000;

/** Anything that can be stopped and whose end can be waited for. */
export interface Part {
  /** Resolves to how it went. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Keeps the whole together: restarts an API or a worker that dies, ends everything when something else does, and stops
 * in order: first what serves, then the sandboxes, then PostgreSQL and Redis.
 */
export class Supervisor {
  /** Resolves to the reason why the whole cannot go on. */
  readonly broken: Promise<string>;
  private isBroken = false;
  private resolveBroken!: (reason: string) => void;
  private stopping = false;
  private readonly parts: { name: string; part: Part }[] = [];
  private readonly products = new Map<string, AppProcess>();
  private readonly deaths = new Deaths();

  constructor(private readonly root: string) {
    this.broken = new Promise((resolve) => (this.resolveBroken = resolve));
  }

  /** A part whose death is the end of everything. */
  watch(name: string, part: Part): void {
    if (this.stopping) return void part.stop(); // it came up too late
    this.parts.push({ name, part });
    this.remember();
    void part.exited.then((how) => {
      if (!this.stopping) this.break(`${name} ${how}, and nothing works without it.`);
    });
  }

  /** Starts an API or a worker and keeps it alive. @throws Error when it dies before it was ready for the first time */
  async keep(name: string, start: () => AppProcess): Promise<void> {
    if (this.stopping) return;
    const first = this.launch(name, start);
    if (await first.ready) void this.restartOnDeath(name, first, start);
    else if (!this.stopping)
      throw new Error(`The ${name} ${await first.exited} before it was ready: its last lines say why.`);
  }

  /** In order, each tier after the one before is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    // Without its database or Redis a process has little to finish.
    const drainMs = this.isBroken ? BROKEN_DRAIN_MS : undefined;
    await Promise.all([...this.products.values()].map((product) => product.stop(drainMs)));
    const isSandbox = ({ name }: { name: string }) => name.includes('sandbox');
    for (const tier of [this.parts.filter(isSandbox), this.parts.filter((part) => !isSandbox(part))]) {
      await Promise.all(tier.map(({ part }) => part.stop()));
    }
    this.products.clear();
    this.parts.length = 0;
    this.remember();
  }

  private break(reason: string): void {
    this.isBroken = true;
    this.resolveBroken(reason);
  }

  private launch(name: string, start: () => AppProcess): AppProcess {
    const product = start();
    this.products.set(name, product);
    this.remember();
    return product;
  }

  private async restartOnDeath(name: string, product: AppProcess, start: () => AppProcess): Promise<void> {
    const how = await product.exited;
    if (this.stopping) return;
    const count = this.deaths.record(performance.now());
    if (this.deaths.tooMany)
      return this.break(`The ${name} ${how}: ${count} deaths within a minute are too many.`);
    console.log(`The ${name} ${how} and is started again.`);
    void this.restartOnDeath(name, this.launch(name, start), start);
  }

  /** For the start after a launcher that was killed. The servers of data have their own pid files. */
  private remember(): void {
    const watched = this.parts.map(({ part }) => part).filter((part) => part instanceof AppProcess);
    rememberProcesses(this.root, [...this.products.values(), ...watched]);
  }
}
