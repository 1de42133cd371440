/**
 * Places between two commits, here or at Stripe, or between a commit and its announcement to other processes, where a
 * process may die or freeze.
 */
const FAILPOINTS = [
  'accept.committed',
  'cancel.committed',
  'retry.committed',
  'recovery.marked',
  'reply.claimed',
  'reply.generated',
  'reply.finished',
  'reply.ended',
  'work.released',
  'customer.created',
  'checkout.created',
  'account.closed',
  'account.deleted',
  'purge.portion',
  'event.stored',
  'event.claimed',
  'sync.fetched',
  'sync.applied',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

const ENTRY = new RegExp(`^(${FAILPOINTS.join('|').replaceAll('.', '\\.')})=(kill|stop)@([1-9]\\d*)$`);

/** One entry of the setting: what happens to the process when it passes a place for the `pass`-th time. */
export interface ArmedFailpoint {
  name: Failpoint;
  action: 'kill' | 'stop';
  pass: number;
}

/** Reads a list such as `accept.committed=kill@2`; `none` is an empty list. Malformed entries are left out. */
export function parseFailpoints(list: string): ArmedFailpoint[] {
  return entries(list).flatMap((entry) => {
    const [, name, action, pass] = ENTRY.exec(entry) ?? [];
    return name ? [{ name, action, pass: Number(pass) } as ArmedFailpoint] : [];
  });
}

/** @returns what is wrong with a list, or null */
export function failpointProblem(list: string): string | null {
  const wrong = entries(list).find((entry) => !ENTRY.test(entry));
  return wrong === undefined
    ? null
    : `"${wrong}" is not of the form place=kill@1 or place=stop@1 with a place that exists`;
}

function entries(list: string): string[] {
  return list === 'none' ? [] : list.split(',');
}
