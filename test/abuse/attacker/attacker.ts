import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cpuTime } from '../../support/process-tree.js';
import type { AttackReport, Order, Volley } from './volley.js';

/** JavaScript that runs from its source, so that it is the same under Jest and compiled. */
const ENTRY = 'test/abuse/attacker/process.mjs';

/** The process of an attack that goes on. */
export class Attacker {
  private constructor(private readonly process: ChildProcess) {}

  /** Begins an attack at the address of an API process. */
  static async begin(url: string, volleys: Volley[]): Promise<Attacker> {
    const child = fork(path.resolve(ENTRY), { env: { PATH: process.env.PATH } });
    await once(child, 'spawn');
    const { hostname, port } = new URL(url);
    child.send({ host: hostname, port: Number(port), volleys } satisfies Order);
    return new Attacker(child);
  }

  /** Milliseconds of a processor's time so far. */
  get cpu(): number {
    return cpuTime(this.process.pid ?? 0);
  }

  /** Ends the attack once what it has sent is answered, or is not in time. */
  async end(): Promise<AttackReport> {
    const told = once(this.process, 'message');
    const exited = once(this.process, 'exit').then(() => {
      throw new Error('the attacker ended without a report');
    });
    this.process.send('stop');
    const [report] = (await Promise.race([told, exited])) as [AttackReport];
    await exited.catch(() => undefined);
    return report;
  }

  /** For when nobody waits for a report. */
  kill(): void {
    this.process.kill('SIGKILL');
  }
}
