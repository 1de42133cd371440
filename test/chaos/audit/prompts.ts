import { isDone, isUnknown } from '../journal.js';
import { isFinal, type Evidence, type Story } from './evidence.js';

/** Nothing accepted is lost, nothing refused is there, nothing is there twice, and all of it has ended as it should. */
export function auditPrompts(stories: Story[], evidence: Evidence): string[] {
  return [...stories.flatMap((story) => auditOne(story)), ...auditReruns(evidence)];
}

function auditOne(story: Story): string[] {
  const { prompt } = story;
  return [...accepted(story), ...ended(story)].map((wrong) => `prompt ${prompt.tag}: ${wrong}`);
}

function accepted({ prompt, sent, messages, replies }: Story): string[] {
  const wrong = [];
  const done = sent.filter(isDone);
  const atMost = prompt.key !== undefined ? 1 : done.length + sent.filter(isUnknown).length;
  if (messages.length < Math.min(1, done.length)) wrong.push('accepted and lost');
  if (messages.length > atMost) wrong.push(`${messages.length} rows of at most ${atMost}`);
  if (replies.length !== messages.length) wrong.push(`${messages.length} rows and ${replies.length} replies`);
  for (const { body } of done) {
    if (!messages.some(({ id }) => id === body.message.id))
      wrong.push(`accepted as ${body.message.id}, not there`);
    if (!replies.some(({ id }) => id === body.reply.id)) wrong.push(`reply ${body.reply.id} is not there`);
  }
  if (prompt.key !== undefined) {
    if (new Set(done.map(({ text }) => text)).size > 1) wrong.push('one key, different answers');
    const known = done.length > 0 || sent.some(({ code }) => code === 'quota.exceeded');
    if (!known) wrong.push(`unknown after ${sent.length} requests with one key`);
  }
  return wrong;
}

function ended({ prompt, replies }: Story): string[] {
  return replies.flatMap(({ id, status, errorCode, content }) => {
    if (!isFinal(status)) return [`reply ${id} is still ${status}`];
    if (status === 'cancelled') return [];
    const as = status === 'failed' ? `${status} ${errorCode}` : status;
    const expected = prompt.ends === 'failed' ? `${prompt.ends} ${prompt.error}` : prompt.ends;
    if (as !== expected) return [`reply ${id} ended as ${as}, not ${expected}`];
    return (content === null) === (status === 'failed')
      ? []
      : [`reply ${id} is ${status} with content ${content}`];
  });
}

/** Each cancel and each retry that was answered with a 2xx happened, and no other did. */
function auditReruns({ entries, changes }: Evidence): string[] {
  const wrong: string[] = [];
  for (const [action, became] of [
    ['cancel', 'cancelled'],
    ['retry', 'queued'],
  ] as const) {
    const requests = entries.filter((entry) => entry.action === action);
    for (const id of new Set([
      ...requests.map(({ about }) => about),
      ...changes.map(({ replyId }) => replyId),
    ])) {
      const about = requests.filter((entry) => entry.about === id);
      const happened = changes.filter(
        (c) => c.replyId === id && c.became === became && c.was !== null,
      ).length;
      const done = about.filter(isDone).length;
      const most = done + about.filter(isUnknown).length;
      if (happened < done || happened > most)
        wrong.push(`${action} of ${id}: answered ${done} times, at most ${most}, happened ${happened} times`);
    }
  }
  return wrong;
}
