import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processIdentity } from '../../dev/processes.mjs';
import { eventually } from '../support/eventually.js';

const ROOT = path.resolve(__dirname, '../..');
/** What a clone has to itself; everything else, dependencies and builds included, is this clone's. */
const OWN = new Set(['.git', '.local', '.env', 'dev']);

interface Running {
  name: string;
  pid: number;
}

/** A clone of the project, ready to run, with data of its own: nothing of a running `npm start` is touched. */
export class Clone {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'clone-'));
  private readonly launchers: Launcher[] = [];

  constructor() {
    chmodSync(this.folder, 0o755);
    cpSync(path.join(ROOT, 'dev'), path.join(this.folder, 'dev'), { recursive: true });
    for (const name of readdirSync(ROOT)) {
      if (!OWN.has(name)) symlinkSync(path.join(ROOT, name), path.join(this.folder, name));
    }
  }

  /** @param command how it is started; a killed npm cannot pass the signal on, hence usually without it */
  start(port: number, command: string[] = [process.execPath, 'dev/start.mjs']): Launcher {
    const launcher = new Launcher(this.folder, port, command);
    this.launchers.push(launcher);
    return launcher;
  }

  /** All processes that the launcher says it runs, the servers of data included. */
  processes(): Running[] {
    const local = path.join(this.folder, '.local');
    const programs = JSON.parse(readFileSync(path.join(local, 'processes.json'), 'utf8')) as Running[];
    const pid = (file: string) => Number.parseInt(readFileSync(path.join(local, file), 'utf8'), 10);
    return [
      ...programs,
      { name: 'PostgreSQL', pid: pid('postgres/data/postmaster.pid') },
      { name: 'Redis', pid: pid('redis/redis.pid') },
    ];
  }

  pid(name: string): number {
    const found = this.processes().find((running) => running.name === name);
    if (!found) throw new Error(`no ${name} is running`);
    return found.pid;
  }

  async remove(): Promise<void> {
    await Promise.all(this.launchers.map((launcher) => launcher.end()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const alive = (processes: Running[]) => processes.filter(({ pid }) => processIdentity(pid) !== null);

/** One `npm start`, as its own process. */
export class Launcher {
  output = '';
  readonly exited: Promise<number | NodeJS.Signals | null>;
  private readonly process: ChildProcess;

  constructor(folder: string, port: number, [program = '', ...args]: string[]) {
    this.process = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.exited = new Promise((resolve) => {
      this.process.once('close', (code, signal) => resolve(code ?? signal));
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  async ready(): Promise<void> {
    let gone = false;
    void this.exited.then(() => (gone = true));
    const settled = () => gone || this.output.includes('Ready in');
    await eventually('the launcher to be ready or gone', settled, 60_000);
    if (gone) throw new Error(this.output);
  }

  signal(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.process.kill(signal);
    return this.exited;
  }

  async end(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.signal('SIGTERM');
  }
}
