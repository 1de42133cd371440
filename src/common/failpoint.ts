/**
 * Places between two commits, here or at Stripe, or between a commit and what tells others of it, where a process may
 * die or freeze.
 */
const FAILPOINTS = [
  'accept.committed',
  'cancel.committed',
  'retry.committed',
  'rescue.marked',
  'reply.claimed',
  'reply.generated',
  'reply.finished',
  'reply.ended',
  'reply.postponed',
  'customer.created',
  'checkout.created',
  'account.closed',
  'event.stored',
  'event.claimed',
  'sync.fetched',
  'sync.applied',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

const ACTIONS = { kill: 'SIGKILL', stop: 'SIGSTOP' } as const;
const ARMED = new RegExp(`^(${FAILPOINTS.join('|').replaceAll('.', '\\.')})=(kill|stop)@([1-9]\\d*)$`);

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

/** @returns what is wrong with a list, or null */
export function failpointFault(list: string): string | null {
  const wrong = entries(list).find((entry) => !ARMED.test(entry));
  return wrong === undefined
    ? null
    : `"${wrong}" is not of the form place=kill@1 or place=stop@1 with a place that exists`;
}

function arm(list: string): void {
  armed = new Map();
  for (const entry of entries(list)) {
    const [, name = '', action = '', count = ''] = ARMED.exec(entry) ?? [];
    if (name) armed.set(name, { signal: ACTIONS[action as keyof typeof ACTIONS], left: Number(count) });
  }
}

function entries(list: string): string[] {
  return list === 'none' ? [] : list.split(',');
}
