import { readdirSync, readFileSync } from 'node:fs';

/** A process and its children, which for PostgreSQL are the ones that answer. Linux only. */
export function family(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => stat(candidate)?.parent === pid);
  return [pid, ...children];
}

/** Whether a process is frozen by SIGSTOP. */
export function isStopped(pid: number): boolean {
  return stat(pid)?.state === 'T';
}

/** Milliseconds of a processor's time that a process has used, in steps of ten; NaN where the system does not tell. */
export function cpuTime(pid: number): number {
  return 10 * (stat(pid)?.ticks ?? NaN);
}

/** Signals processes; one that is gone is no error. */
export function signalAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function stat(pid: number): { state: string; parent: number; ticks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent] = fields;
    // User and system time, in hundredths of a second on every Linux.
    return { state, parent: Number(parent), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null; // gone meanwhile
  }
}
