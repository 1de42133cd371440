import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { processIdentity, workingDirectory } from '../processes.mjs';
import { eventually } from './wait.js';

/** A private PostgreSQL or Redis: runs in its data folder and in a process group of its own, without the terminal's Ctrl-C. */
export interface Daemon {
  pid: number;
  /** Resolves, never rejects, to the reason of the exit. */
  exited: Promise<string>;
  running(): boolean;
}

export interface DaemonOptions {
  command: string;
  args: string[];
  /** The data folder, by which an orphan is recognised. */
  folder: string;
  logFile: string;
  account?: { uid: number; gid: number } | undefined;
  env?: NodeJS.ProcessEnv;
  /** Sent when this process exits while the daemon runs, without waiting for its effect. */
  lastSignal: NodeJS.Signals;
}

export function startDaemon({
  command,
  args,
  folder,
  logFile,
  account,
  env,
  lastSignal,
}: DaemonOptions): Daemon {
  // A file, not a pipe: a server must be able to write its log, and to stop in order, after its parent was killed.
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: env ?? process.env,
    ...account,
  });
  closeSync(log);
  const signalOnExit = () => child.kill(lastSignal);
  process.once('exit', signalOnExit);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      process.off('exit', signalOnExit);
      resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`);
    });
  });
  return {
    pid: child.pid ?? 0,
    exited,
    running: () => child.exitCode === null && child.signalCode === null && !!child.pid,
  };
}

/** Sends the signals in order, each with its deadline in milliseconds, until the process has exited. */
export async function endProcess(pid: number, signals: [NodeJS.Signals, number][]): Promise<void> {
  for (const [signal, deadlineMs] of signals) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    if (await eventually(() => processIdentity(pid) === null, deadlineMs)) return;
  }
  throw new Error(`Process ${pid} does not end.`);
}

/** The process that a pid file names, if it runs in that folder; a reused id belongs to another process. */
export function orphan(pidFile: string, folder: string): number | null {
  const pid = Number.parseInt(readOrEmpty(pidFile), 10);
  return pid > 1 && workingDirectory(pid) === folder ? pid : null;
}

/** The last lines of a log, for an error message. */
export function tail(file: string, lines = 8): string {
  return readOrEmpty(file).trimEnd().split('\n').slice(-lines).join('\n');
}

export function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
