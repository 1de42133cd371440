import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { EventStream, isEnding, textOf } from '../support/event-stream.js';
import type { SignedIn } from '../support/factories.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

let system: System;
let ann: Client & { user: SignedIn };
let room: string;

beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 1 });
  ann = await system.signedIn({ pro: true });
  room = await openRoom(ann);
}, 60_000);
afterAll(() => system?.stop());

const streamOf = (replyId: string, api: number, lastEventId?: number) =>
  EventStream.open(
    system.client(api).as(ann.user.accessToken),
    `/chatroom/${room}/message/${replyId}/stream`,
    {
      lastEventId,
    },
  );

it('begun on one process, resumed on another, while the worker is killed and another takes over', async () => {
  const replyId = await prompt(ann, room, '[[slow chunks=40 delay=100ms]] [[words 200]] takeover');
  const whole = await streamOf(replyId, 0);
  const first = await streamOf(replyId, 0);
  await eventually('some text', () => first.text.length > 20);
  first.hangUp();
  await eventually('it ended', () => first.closed);
  await system.workers[0]?.signal('SIGKILL');
  const second = await streamOf(replyId, 1, first.lastId);
  await system.startWorker();
  const reply = await ending(ann, room, replyId, 40_000);
  const { data } = await second.ending();
  await whole.ending();
  expect(data).toEqual(reply);
  expect(second.names).toContain('restart');
  for (const events of [[...first.events, ...second.events], whole.events]) {
    expect(textOf(events)).toBe(reply.content);
    expect(events.filter(isEnding)).toHaveLength(1);
    const ids = events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  }
  expect(whole.events.find(({ event }) => event === 'restart')?.data).toEqual({ attempt: 2 });
}, 60_000);

it('a frozen worker that wakes late changes nothing for those who listen', async () => {
  const replyId = await prompt(ann, room, '[[slow chunks=30 delay=100ms]] [[words 150]] frozen');
  const stream = await streamOf(replyId, 1);
  await eventually('some text', () => stream.text.length > 20);
  const holder = system.workers.at(-1);
  await holder?.signal('SIGSTOP');
  await system.startWorker();
  await eventually('another took over', () => stream.names.includes('restart'), 30_000);
  await holder?.signal('SIGCONT');
  const { data } = await stream.ending(30_000);
  expect(stream.text).toBe(data.content);
  expect(stream.names.filter((name) => name === 'restart')).toHaveLength(1);
  expect(stream.events.filter(isEnding)).toHaveLength(1);
}, 90_000);

it('a long reply is told whole to those who come late, though its stream keeps only the last entries', async () => {
  const replyId = await prompt(ann, room, '[[slow chunks=550 delay=22ms]] [[words 550]] long');
  const early = await streamOf(replyId, 0);
  await eventually('far more than is kept', () => early.events.length > 380, 30_000);
  const begun = early.text;
  const late = await streamOf(replyId, 1);
  const { data } = await late.event('delta', 1_000);
  expect(data.text.startsWith(begun)).toBe(true);
  expect(early.closed).toBe(false);
  expect(await system.redis.xlen(`{reply:${replyId}}:stream`)).toBeLessThan(380);
  for (const stream of [early, late]) {
    const ended = await stream.ending();
    expect(stream.text).toBe(ended.data.content);
    expect(stream.names).not.toContain('restart');
  }
}, 60_000);

it('a failed attempt is a restart, and the listener gets the text of the one that worked', async () => {
  const replyId = await prompt(ann, room, '[[cut after=3 times=1]] [[words 60]] again');
  const stream = await streamOf(replyId, 0);
  const { data } = await stream.ending(30_000);
  expect(data.status).toBe('completed');
  expect(stream.text).toBe(data.content);
});

it('a reply cut by MAX_TOKENS is incomplete, with the text that came', async () => {
  const replyId = await prompt(ann, room, '[[max-tokens after=2]] [[words 40]]');
  const stream = await streamOf(replyId, 1);
  const { event, data } = await stream.ending();
  expect([event, stream.text]).toEqual(['incomplete', data.content]);
});

it('a cancelled reply ends for everybody with the text that was kept', async () => {
  const replyId = await prompt(ann, room, '[[slow chunks=100 delay=100ms]] [[words 300]] cancelled');
  const streams = [await streamOf(replyId, 0), await streamOf(replyId, 1)];
  for (const stream of streams) await stream.event('delta');
  expect((await ann.post(`/chatroom/${room}/message/${replyId}/cancel`)).status).toBe(200);
  for (const stream of streams) {
    const { event, data } = await stream.ending();
    expect(event).toBe('cancelled');
    expect(stream.text).toBe(data.content);
  }
});

it('a removed room ends its streams, and Gemini is not asked to go on', async () => {
  const doomed = await openRoom(ann);
  const replyId = await prompt(ann, doomed, '[[slow chunks=200 delay=100ms]] removed');
  const path = `/chatroom/${doomed}/message/${replyId}/stream`;
  const stream = await EventStream.open(ann, path);
  await stream.event('delta');
  expect((await ann.delete(`/chatroom/${doomed}`)).status).toBe(204);
  await eventually('the end', () => stream.closed);
  expect(stream.events.filter(isEnding)).toEqual([]);
  await eventually('the call is aborted', () => system.gemini.journal.all().at(-1)?.outcome === 'aborted');
});

it('SIGTERM closes streams and answers waits, and the reply is finished by the others', async () => {
  const api = await system.startApi();
  const index = system.apis.indexOf(api);
  const replyId = await prompt(ann, room, '[[slow chunks=20 delay=200ms]] [[words 60]] drained');
  const stream = await streamOf(replyId, index);
  await stream.event('delta');
  const waiting = system
    .client(index)
    .as(ann.user.accessToken)
    .get(`/chatroom/${room}/message/${replyId}?wait=60`);
  // Answered after the waiting request was sent: the process serves that one by now, so its connection is not idle.
  for (let i = 0; i < 3; i += 1) await system.client(index).as(ann.user.accessToken).get('/user/me');
  const begun = performance.now();
  await api.signal('SIGTERM');
  expect(performance.now() - begun).toBeLessThan(8_000);
  await eventually('the end', () => stream.closed);
  expect(stream.events.filter(isEnding)).toEqual([]);
  expect((await waiting).body.status).toBe('in_progress');
  const resumed = await streamOf(replyId, 0, stream.lastId);
  const { data } = await resumed.ending(30_000);
  expect(stream.text + resumed.text).toBe(data.content);
}, 60_000);
