import { parseFailpoints, type Failpoint } from '../config/failpoints.js';

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGSTOP' } as const;

interface Armed {
  signal: NodeJS.Signals;
  /** Passes until it strikes. */
  left: number;
}

/** Null, and then a failpoint costs one comparison, unless the setting FAILPOINTS is there. */
let armed: Map<string, Armed> | null = null;

/**
 * Makes this process die or freeze at named places: a comma-separated list such as `accept.committed=kill@2`, the second
 * time it passes there; `none` for none yet. From then on the parent process may arm others by a message `{ failpoints }`.
 * For tests of what a crash leaves behind; production refuses the setting.
 */
export function armFailpoints(list: string | undefined): void {
  if (list === undefined) return;
  arm(list);
  process.on('message', (message: { failpoints?: unknown } | null) => {
    if (typeof message?.failpoints === 'string') arm(message.failpoints);
  });
}

/** Strikes here, where this failpoint is armed. */
export function failpoint(name: Failpoint): void {
  if (armed === null) return;
  const here = armed.get(name);
  if (!here || --here.left > 0) return;
  armed.delete(name);
  process.kill(process.pid, here.signal);
}

function arm(list: string): void {
  armed = new Map(
    parseFailpoints(list).map(({ name, action, pass }) => [name, { signal: SIGNALS[action], left: pass }]),
  );
}
