import fc from 'fast-check';
import type { ReplyRow } from '../message/message.sql.js';
import { ENDING, cursorOf, LAST_RESTART, LAST_TEXT, toEventId, type StreamCursor } from './stream-events.js';
import { eventsAtEnd, eventsWhileRunning, type EndedReply, type StreamEvent } from './stream-events.js';

const running = (claim: number, text: string, begun = true) => ({ claim, attempt: claim, begun, text });

const ended = (claim: number, content: string | null, consistent = true): EndedReply => ({
  consistent,
  row: {
    claim,
    attempt: claim,
    content,
    status: content === null ? 'failed' : 'completed',
    errorCode: null,
    totalTokens: null,
    createdAt: new Date(0),
    completedAt: new Date(0),
  } as ReplyRow,
});

const contents = (events: StreamEvent[]) =>
  events.map(({ event, data }) => (event === 'delta' ? (data as { text: string }).text : event));
const ids = (events: StreamEvent[]) => events.map(({ id }) => id);

describe('event ids', () => {
  it('are cursors', () => {
    expect(cursorOf(String(toEventId(3, 17)))).toEqual({ claim: 3, offset: 17 });
    expect(cursorOf(String(toEventId(3, LAST_RESTART)))).toEqual({ claim: 3, offset: 0 });
    expect(cursorOf(String(toEventId(3, ENDING)))).toEqual({ claim: 3, offset: ENDING });
  });

  it('grow with the cursor, and lead back to it', () => {
    const places = fc.record({
      claim: fc.integer({ min: 1, max: 50_000 }),
      offset: fc.nat(LAST_RESTART - 1),
    });
    fc.assert(
      fc.property(places, places, (one, other) => {
        const [first, second] = [toEventId(one.claim, one.offset), toEventId(other.claim, other.offset)];
        expect(cursorOf(String(first))).toEqual(one);
        expect(Math.sign(first - second)).toBe(
          Math.sign(one.claim - other.claim || one.offset - other.offset),
        );
      }),
      { seed: 1 },
    );
  });

  it('may be any text: a cursor, the beginning, or an unknown one', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.bigInt().map(String)), (text) => {
        const cursor = cursorOf(text);
        if (cursor === null) return;
        expect(cursor.claim === -1 || cursor.claim >= 1).toBe(true);
        expect(cursor.offset >= 0 && cursor.offset <= ENDING).toBe(true);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it.each([undefined, '', '1', '0', '9999999'])('%j: no text yet', (id) => {
    expect(cursorOf(id)).toBeNull();
  });

  it.each(['abc', '-1', '1.5', '1e9', '99999999999999999999', ' 1'])('%j: an unknown cursor', (id) => {
    expect(cursorOf(id)).toEqual({ claim: -1, offset: 0 });
  });
});

describe('while a reply runs', () => {
  it('a client gets what it lacks', () => {
    const first = eventsWhileRunning(null, running(1, 'Hel'));
    expect(contents(first.events)).toEqual(['Hel']);
    const second = eventsWhileRunning(first.cursor, running(1, 'Hello'));
    expect(contents(second.events)).toEqual(['lo']);
    expect(eventsWhileRunning(second.cursor, running(1, 'Hello')).events).toEqual([]);
  });

  it('nothing before a claim begins', () => {
    expect(eventsWhileRunning(null, running(1, '', false))).toEqual({ events: [], cursor: null });
    expect(eventsWhileRunning({ claim: 1, offset: 3 }, running(2, '', false)).events).toEqual([]);
  });

  it('another claim is a restart for a client with text of an older one, not for a new client', () => {
    expect(contents(eventsWhileRunning({ claim: 1, offset: 3 }, running(2, 'new')).events)).toEqual([
      'restart',
      'new',
    ]);
    expect(contents(eventsWhileRunning({ claim: 1, offset: 0 }, running(2, '')).events)).toEqual(['restart']);
    expect(contents(eventsWhileRunning(null, running(2, 'new')).events)).toEqual(['new']);
  });

  it('an unknown cursor is a restart', () => {
    expect(contents(eventsWhileRunning(cursorOf('?'), running(1, 'text')).events)).toEqual([
      'restart',
      'text',
    ]);
  });

  it('a client that has more than the text that is being read again gets nothing yet', () => {
    expect(contents(eventsWhileRunning({ claim: 1, offset: 4 }, running(1, 'Hel')).events)).toEqual([]);
  });
});

describe('at the end, a client with', () => {
  it.each<[string, StreamCursor, EndedReply, string[]]>([
    ['no text yet', null, ended(1, 'Hello'), ['Hello', 'completed']],
    ['a part of the text', { claim: 1, offset: 3 }, ended(1, 'Hello'), ['lo', 'completed']],
    ['all of the text', { claim: 1, offset: 5 }, ended(1, 'Hello'), ['completed']],
    ['text of an older claim', { claim: 1, offset: 5 }, ended(2, 'Hello'), ['restart', 'Hello', 'completed']],
    [
      'more text than the content',
      { claim: 1, offset: 9 },
      ended(1, 'Hello'),
      ['restart', 'Hello', 'completed'],
    ],
    [
      'text that the content does not begin with',
      { claim: 1, offset: 3 },
      ended(1, 'Hello', false),
      ['restart', 'Hello', 'completed'],
    ],
    ['the ending', cursorOf(String(toEventId(1, ENDING))), ended(1, 'Hello'), ['completed']],
    ['the last text', cursorOf(String(toEventId(1, LAST_TEXT))), ended(1, 'Hello', false), ['completed']],
    ['text of a reply that failed', { claim: 1, offset: 5 }, ended(1, null), ['failed']],
    ['no text yet, of an empty reply', null, ended(0, ''), ['completed']],
    ['text of an empty reply', { claim: 1, offset: 2 }, ended(1, ''), ['restart', 'completed']],
  ])('%s', (_, cursor, end, expected) => {
    const { events } = eventsAtEnd(cursor, end);
    expect(contents(events)).toEqual(expected);
    expect(ids(events)).toEqual([...ids(events)].sort((a, b) => a - b));
  });

  it('ids grow over restarts and endings of a claim and over claims', () => {
    const cursor = { claim: 1, offset: 9 };
    const all = [
      toEventId(1, 9),
      ...ids(eventsAtEnd(cursor, ended(1, 'Hello')).events),
      ...ids(eventsAtEnd({ claim: 1, offset: ENDING }, ended(2, 'Hello')).events),
    ];
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
  });
});

describe('a client', () => {
  /** How much text a run has when the client is served, or that the client connects again after an event it got. */
  const moment = fc.oneof(
    fc.record({ claim: fc.integer({ min: 1, max: 3 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ resume: fc.nat(50) }),
  );

  it('has the content in the end, after whichever event it connected again', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(texts, fc.array(moment, { maxLength: 20 }), fc.boolean(), (runs, moments, consistent) => {
        let received: StreamEvent[] = [];
        let cursor: StreamCursor = null;
        let newest = 1;
        const receive = (batch: { events: StreamEvent[]; cursor: StreamCursor }) => {
          received.push(...batch.events);
          ({ cursor } = batch);
        };
        for (const now of moments) {
          if ('resume' in now) {
            received = received.slice(0, now.resume);
            cursor = cursorOf(received.at(-1)?.id.toString());
          } else {
            newest = Math.max(newest, now.claim);
            const text = runs[newest - 1] ?? '';
            receive(eventsWhileRunning(cursor, running(newest, text.slice(0, now.share * text.length))));
          }
        }
        const content = consistent ? (runs[newest - 1] ?? '') : 'another text';
        receive(eventsAtEnd(cursor, ended(newest, content, consistent)));
        const begun = received.map(({ event }) => event).lastIndexOf('restart') + 1;
        const text = contents(received.slice(begun, -1)).join('');
        expect(text).toBe(content);
        expect(ids(received)).toEqual([...new Set(ids(received))].sort((a, b) => a - b));
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
