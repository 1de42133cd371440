import { recordProcesses } from '../processes.mjs';
import { AppProcess } from './app-process.js';
import { RestartLimit } from './restart-limit.js';

const FAILED_DRAIN_MS = 3000;

/** A server that the launcher started. */
export interface RequiredServer {
  /** Resolves to the reason of its exit. */
  exited: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Restarts an API or a worker that exits, stops everything when a server exits, and stops in order: first API and worker,
 * then the sandboxes, then PostgreSQL and Redis.
 */
export class Supervisor {
  /** Resolves to the reason why the launcher has to stop. */
  readonly failed: Promise<string>;
  private hasFailed = false;
  private resolveFailed!: (reason: string) => void;
  private stopping = false;
  private readonly servers: { name: string; server: RequiredServer }[] = [];
  private readonly programs = new Map<string, AppProcess>();
  private readonly restarts = new RestartLimit();

  constructor(private readonly root: string) {
    this.failed = new Promise((resolve) => (this.resolveFailed = resolve));
  }

  /** Registers a server without which nothing works: its exit stops everything. */
  require(name: string, server: RequiredServer): void {
    if (this.stopping) return void server.stop(); // it started too late
    this.servers.push({ name, server });
    this.remember();
    void server.exited.then((reason) => {
      if (!this.stopping) this.fail(`${name} ${reason}, and nothing works without it.`);
    });
  }

  /** Starts an API or a worker and restarts it when it exits. @throws Error when it exits before it was ready for the first time */
  async keep(name: string, start: () => AppProcess): Promise<void> {
    if (this.stopping) return;
    const first = this.launch(name, start);
    if (await first.ready) void this.restartOnExit(name, first, start);
    else if (!this.stopping)
      throw new Error(`The ${name} ${await first.exited} before it was ready: its last lines say why.`);
  }

  /** Stops tier by tier, each one after the processes of the one before have exited. */
  async stop(): Promise<void> {
    this.stopping = true;
    // Without PostgreSQL or Redis a process has little to finish.
    const drainMs = this.hasFailed ? FAILED_DRAIN_MS : undefined;
    await Promise.all([...this.programs.values()].map((program) => program.stop(drainMs)));
    const isSandbox = ({ name }: { name: string }) => name.includes('sandbox');
    for (const tier of [this.servers.filter(isSandbox), this.servers.filter((entry) => !isSandbox(entry))]) {
      await Promise.all(tier.map(({ server }) => server.stop()));
    }
    this.programs.clear();
    this.servers.length = 0;
    this.remember();
  }

  private fail(reason: string): void {
    this.hasFailed = true;
    this.resolveFailed(reason);
  }

  private launch(name: string, start: () => AppProcess): AppProcess {
    const program = start();
    this.programs.set(name, program);
    this.remember();
    return program;
  }

  private async restartOnExit(name: string, program: AppProcess, start: () => AppProcess): Promise<void> {
    const reason = await program.exited;
    if (this.stopping) return;
    const count = this.restarts.record(performance.now());
    if (this.restarts.exceeded)
      return this.fail(`The ${name} ${reason}: ${count} exits within a minute are too many.`);
    console.log(`The ${name} ${reason} and is started again.`);
    void this.restartOnExit(name, this.launch(name, start), start);
  }

  /** For the start after a launcher that was killed. PostgreSQL and Redis have their own pid files. */
  private remember(): void {
    const sandboxes = this.servers
      .map(({ server }) => server)
      .filter((server) => server instanceof AppProcess);
    recordProcesses(this.root, [...this.programs.values(), ...sandboxes]);
  }
}
