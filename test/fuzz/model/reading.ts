import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Answer, Client } from '../../support/client.js';
import { ENDING, LIMIT, type PersonModel, type Reply, type Room } from './model.js';
import { replyStep, roomStep, step, type Arguments, type Step } from './step.js';

/** A room or a message that nobody has. */
const MISSING = '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d';

/** Waits for the end of a reply and checks that it is the one that was to come. @returns its status */
export async function settle(me: PersonModel, client: Client, room: Room, reply: Reply): Promise<string> {
  const { status, body, text } = await client.get(`/chatroom/${room.id}/message/${reply.id}?wait=30`);
  equal(status, 200, text);
  equal(body.status, reply.ended ?? ENDING[reply.fate], `the end of ${reply.content}`);
  if (body.status === 'failed') {
    equal(body.content, null);
    equal(body.error.code, reply.fate === 'blocked' ? 'gemini.blocked' : 'gemini.rejected');
  } else equal(typeof body.content, 'string');
  me.end(reply, body.status);
  return body.status;
}

async function settleAll(me: PersonModel, client: Client): Promise<void> {
  for (const room of me.rooms) for (const reply of room.replies) await settle(me, client, room, reply);
}

export const wait = (given: Arguments): Step =>
  replyStep('wait', given, async ({ me, client, room, reply }) => {
    await settle(me, client, room, reply);
  });

/** Follows the cursors to the end. @returns the pages */
async function pages(client: Client, path: string, limit: number): Promise<any[][]> {
  const all: any[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body, text } = await client.get(`${path}?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    equal(status, 200, text);
    ok(
      body.data.length <= limit && (body.nextCursor === null || body.data.length === limit),
      'the size of a page',
    );
    all.push(body.data);
    cursor = body.nextCursor;
  }
  return all;
}

export async function checkRooms(me: PersonModel, client: Client, limit: number): Promise<void> {
  const listed = (await pages(client, '/chatroom', limit)).flat();
  deepEqual(
    listed.map(({ id, title, messageCount }) => ({ id, title, messageCount })),
    me.rooms.map(({ id, title, replies }) => ({
      id,
      title: title ?? 'New chat',
      messageCount: replies.length * 2,
    })),
    'the rooms, newest activity first, each once',
  );
}

export async function checkMessages(client: Client, room: Room, limit: number): Promise<void> {
  const listed = (await pages(client, `/chatroom/${room.id}/message`, limit)).reverse().flat();
  const expected = room.replies.flatMap(({ id, promptId }) => [promptId, id]);
  deepEqual(
    listed.map(({ id }) => id),
    expected,
    'the messages, oldest first, each once',
  );
  for (const [at, { content, ended }] of room.replies.entries()) {
    equal(listed[at * 2].content, content);
    if (ended !== null) equal(listed[at * 2 + 1].status, ended);
  }
}

export async function checkStatus(me: PersonModel, client: Client): Promise<void> {
  await settleAll(me, client);
  const { body } = await client.get('/subscription/status');
  const { used, limit, remaining } = body.usage;
  deepEqual({ used, limit, remaining }, { used: me.charged, limit: LIMIT, remaining: LIMIT - me.charged });
}

export const listRooms = (given: Arguments & { limit: number }): Step =>
  step('list rooms', given, ({ me, client }, { limit }) => checkRooms(me, client, limit));

export const listMessages = (given: Arguments & { limit: number }): Step =>
  roomStep('list messages', given, ({ client, room }, { limit }) => checkMessages(client, room, limit));

export const openRoom = (given: Arguments & { limit: number }): Step =>
  roomStep('open room', given, async ({ client, room }, { limit }) => {
    const { body } = await client.get(`/chatroom/${room.id}?limit=${limit}`);
    const newest = room.replies.flatMap(({ id, promptId }) => [promptId, id]).slice(-limit);
    deepEqual(
      body.messages.data.map(({ id }: any) => id),
      newest,
    );
  });

export const status = (given: Arguments): Step =>
  step('status', given, ({ me, client }) => checkStatus(me, client));

/** Whatever belongs to the other person is as if it were not there. */
export const trespass = (given: Arguments): Step =>
  step('trespass', given, async ({ client, other }, { room: at = 0 }) => {
    const room = other.rooms[at % other.rooms.length];
    if (!room) return;
    const [reply] = room.replies;
    const nobodys = ways(MISSING, MISSING);
    for (const message of [reply?.id ?? MISSING, reply?.promptId ?? MISSING])
      for (const [at, way] of ways(room.id, message).entries()) {
        const theirs = await ask(client, way);
        const none = await ask(client, nobodys[at] ?? way);
        deepEqual([theirs.status, theirs.body.code], [404, none.body.code], `${way[0]} ${way[1]}`);
      }
  });

type Way = readonly [method: 'get' | 'post' | 'patch' | 'delete', path: string, body?: object];

const ask = (client: Client, [method, path, body]: Way): Promise<Answer> =>
  method === 'get' ? client.get(path) : client[method](path, body);

const ways = (room: string, message: string): Way[] => [
  ['get', `/chatroom/${room}`],
  ['patch', `/chatroom/${room}`, { title: 'Mine' }],
  ['delete', `/chatroom/${room}`],
  ['get', `/chatroom/${room}/message`],
  ['post', `/chatroom/${room}/message`, { content: 'Hello' }],
  ['get', `/chatroom/${room}/message/${message}`],
  ['get', `/chatroom/${room}/message/${message}/stream`],
  ['post', `/chatroom/${room}/message/${message}/cancel`],
  ['post', `/chatroom/${room}/message/${message}/retry`],
];
