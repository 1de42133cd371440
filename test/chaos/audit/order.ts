import type { Change } from '../ledger.js';
import { isFinal, isRetry, RETRYABLE, type Evidence } from './evidence.js';

/** Goes through every change of a room in turn: only declared steps, one reply at a time, in the order of their numbers. */
export function auditOrder({ people, changes }: Evidence): string[] {
  return people.flatMap(({ rooms }) =>
    rooms.flatMap((room) => auditRoom(changes.filter(({ roomId }) => roomId === room))),
  );
}

interface State {
  status: string;
  number: number;
  retried: boolean;
}

function auditRoom(changes: Change[]): string[] {
  const replies = new Map<string, State>();
  return changes.flatMap((change) => {
    const wrong = [...step(change), ...place(change, replies)];
    const retried = isRetry(change) || (replies.get(change.replyId)?.retried ?? false);
    replies.set(change.replyId, { status: change.became, number: change.number, retried });
    return wrong.map((w) => `reply ${change.replyId} (${change.number}), change ${change.id}: ${w}`);
  });
}

/** Where a reply may go from where it is. */
function step({ was, became }: Change): string[] {
  const allowed =
    was === null
      ? became === 'queued'
      : became === 'queued'
        ? RETRYABLE.includes(was)
        : became === 'in_progress'
          ? was === 'queued' || was === 'in_progress'
          : became === 'cancelled'
            ? was === 'queued' || was === 'in_progress'
            : was === 'in_progress' && isFinal(became);
  return allowed ? [] : [`${was} became ${became}`];
}

/** One that begins finds nobody running, and nobody before it waiting but those who came back there by a retry. */
function place({ replyId, number, became }: Change, replies: Map<string, State>): string[] {
  if (became !== 'in_progress') return [];
  const others = [...replies].filter(([id]) => id !== replyId).map(([, state]) => state);
  const running = others.filter(({ status }) => status === 'in_progress');
  const mine = replies.get(replyId);
  const passed =
    mine?.status === 'queued'
      ? others.filter((o) => o.status === 'queued' && o.number < number && !o.retried)
      : [];
  return [
    ...running.map((o) => `began while ${o.number} was in progress`),
    ...passed.map((o) => `began before ${o.number}`),
  ];
}
