import { equal, ok } from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Answer } from '../../support/client.js';
import { DIRECTIVE, LIMIT, type Fate, type PersonModel, type Reply } from './model.js';
import { settle } from './reading.js';
import { replyStep, roomStep, step, type Arguments, type StepContext, type Step } from './step.js';

/** A post that may be repeated: what is said twice under a key happens once. */
async function postOnce(
  { me, client }: StepContext,
  path: string,
  body: object,
  key: string | null,
  fresh: (answer: Answer) => void,
): Promise<void> {
  const answer = await client.post(path, body, key === null ? {} : { headers: { 'Idempotency-Key': key } });
  const kept = key === null ? undefined : me.kept.get(key);
  if (!kept) {
    fresh(answer);
    if (key !== null && answer.status < 300)
      me.kept.set(key, { path, body, status: answer.status, text: answer.text });
  } else if (kept.path !== path || !isDeepStrictEqual(kept.body, body)) {
    equal(answer.status, 422, `another request under a used key: ${answer.text}`);
    equal(answer.body.code, 'idempotency.key_reused');
  } else {
    equal(answer.status, kept.status, `a replay: ${answer.text}`);
    equal(answer.text, kept.text, 'a replay is the first answer, byte for byte');
    equal(answer.headers.get('idempotency-replayed'), 'true');
  }
}

export type Keyed = Arguments & { key: string | null; number: number };

export const createRoom = (given: Keyed): Step =>
  step('create room', given, (context, { key, number }) =>
    postOnce(context, '/chatroom', number % 2 ? { title: `Room ${number}` } : {}, key, (answer) => {
      equal(answer.status, 201, answer.text);
      const title = number % 2 ? `Room ${number}` : null;
      equal(answer.body.title, title ?? 'New chat');
      context.me.toTop({ id: answer.body.id, title, replies: [] });
    }),
  );

export const renameRoom = (given: Arguments & { number: number }): Step =>
  roomStep('rename room', given, async ({ client, room }, { number }) => {
    const { status, body } = await client.patch(`/chatroom/${room.id}`, { title: `Renamed ${number}` });
    equal(status, 200);
    room.title = `Renamed ${number}`;
    equal(body.title, room.title);
  });

export const deleteRoom = (given: Arguments): Step =>
  roomStep('delete room', given, async ({ me, client, room }) => {
    // Whether a failing reply gave its unit back before it was deleted could not be told afterwards.
    for (const reply of room.replies) if (reply.refundable) await settle(me, client, room, reply);
    equal((await client.delete(`/chatroom/${room.id}`)).status, 204);
    me.remove(room);
    equal((await client.get(`/chatroom/${room.id}`)).status, 404);
  });

export const sendPrompt = (given: Keyed & { fate: Fate }): Step =>
  roomStep('send prompt', given, (context, { key, number, fate }) => {
    const content = `p${number} ${DIRECTIVE[fate]}`.trim();
    const { me, room } = context;
    return postOnce(context, `/chatroom/${room.id}/message`, { content }, key, (answer) => {
      if (!isAccepted(me, answer)) return;
      const { message, reply } = answer.body;
      equal(message.content, content);
      equal(reply.replyTo, message.id);
      const sent: Reply = {
        id: reply.id,
        promptId: message.id,
        content,
        fate,
        ended: null,
        refundable: false,
      };
      room.title ??= content;
      room.replies.push(sent);
      me.charge(sent);
      me.toTop(room);
    });
  });

/** Whether a unit was to be had; where refunds are under way, the product knows better than the model. */
function isAccepted(me: PersonModel, { status, body, text }: Answer): boolean {
  if (status === 202) {
    ok(me.charged - me.pendingRefunds < LIMIT, `accepted beyond the limit: ${me.charged} units were taken`);
    return true;
  }
  equal(status, 429, text);
  equal(body.code, 'quota.exceeded');
  ok(me.charged >= LIMIT, `refused, and only ${me.charged} units were taken`);
  return false;
}

export const cancel = (given: Arguments): Step =>
  replyStep('cancel', given, async ({ me, client, room, reply }) => {
    const { status, body } = await client.post(`/chatroom/${room.id}/message/${reply.id}/cancel`);
    if (status === 200) {
      equal(reply.ended, null, 'cancelled after its end');
      equal(body.status, 'cancelled');
      equal(typeof body.content, 'string');
      me.end(reply, 'cancelled');
    } else {
      equal(body.code, 'message.not_running');
      await settle(me, client, room, reply);
    }
  });

export const retry = (given: Arguments): Step =>
  replyStep('retry', given, async ({ me, client, room, reply }) => {
    const ended = await settle(me, client, room, reply);
    const answer = await client.post(`/chatroom/${room.id}/message/${reply.id}/retry`);
    if (ended === 'completed') equal(answer.body.code, 'message.not_retryable', answer.text);
    else if (isAccepted(me, answer)) {
      equal(answer.body.id, reply.id);
      equal(answer.body.content, null);
      me.charge(reply);
    }
  });
