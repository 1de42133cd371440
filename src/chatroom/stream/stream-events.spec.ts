import fc from 'fast-check';
import type { MessageRow } from '../message/message.dto.js';
import { ENDING, cursorOf, LAST_RESTART, LAST_TEXT, toEventId, type StreamCursor } from './stream-events.js';
import { eventsAtEnd, eventsWhileRunning, type Ended, type StreamEvent } from './stream-events.js';

const running = (claim: number, text: string, begun = true) => ({ claim, attempt: claim, begun, text });

const ended = (claim: number, content: string | null, consistent = true): Ended => ({
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
  } as MessageRow & { claim: number; attempt: number },
});

const told = (events: StreamEvent[]) =>
  events.map(({ event, data }) => (event === 'delta' ? (data as { text: string }).text : event));
const ids = (events: StreamEvent[]) => events.map(({ id }) => id);

describe('event ids', () => {
  it('are positions', () => {
    expect(cursorOf(String(toEventId(3, 17)))).toEqual({ claim: 3, offset: 17 });
    expect(cursorOf(String(toEventId(3, LAST_RESTART)))).toEqual({ claim: 3, offset: 0 });
    expect(cursorOf(String(toEventId(3, ENDING)))).toEqual({ claim: 3, offset: ENDING });
  });

  it('grow with the position, and lead back to it', () => {
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

  it('may be any text: it is a place, the beginning, or nowhere', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.bigInt().map(String)), (text) => {
        const position = cursorOf(text);
        if (position === null) return;
        expect(position.claim === -1 || position.claim >= 1).toBe(true);
        expect(position.offset >= 0 && position.offset <= ENDING).toBe(true);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it.each([undefined, '', '1', '0', '9999999'])('%j: nothing was told of any text', (id) => {
    expect(cursorOf(id)).toBeNull();
  });

  it.each(['abc', '-1', '1.5', '1e9', '99999999999999999999', ' 1'])('%j: a place nobody knows', (id) => {
    expect(cursorOf(id)).toEqual({ claim: -1, offset: 0 });
  });
});

describe('while a reply runs', () => {
  it('a listener gets what it has not got', () => {
    const first = eventsWhileRunning(null, running(1, 'Hel'));
    expect(told(first.events)).toEqual(['Hel']);
    const second = eventsWhileRunning(first.position, running(1, 'Hello'));
    expect(told(second.events)).toEqual(['lo']);
    expect(eventsWhileRunning(second.position, running(1, 'Hello')).events).toEqual([]);
  });

  it('nothing before a claim begins', () => {
    expect(eventsWhileRunning(null, running(1, '', false))).toEqual({ events: [], position: null });
    expect(eventsWhileRunning({ claim: 1, offset: 3 }, running(2, '', false)).events).toEqual([]);
  });

  it('another claim is a restart for those who were told of an older one, not for those who come now', () => {
    expect(told(eventsWhileRunning({ claim: 1, offset: 3 }, running(2, 'new')).events)).toEqual([
      'restart',
      'new',
    ]);
    expect(told(eventsWhileRunning({ claim: 1, offset: 0 }, running(2, '')).events)).toEqual(['restart']);
    expect(told(eventsWhileRunning(null, running(2, 'new')).events)).toEqual(['new']);
  });

  it('a place nobody knows is a restart', () => {
    expect(told(eventsWhileRunning(cursorOf('?'), running(1, 'text')).events)).toEqual(['restart', 'text']);
  });

  it('a listener that is ahead of a text that is being read again waits', () => {
    expect(told(eventsWhileRunning({ claim: 1, offset: 4 }, running(1, 'Hel')).events)).toEqual([]);
  });
});

describe('at the end', () => {
  it.each<[string, StreamCursor, Ended, string[]]>([
    ['who was told nothing', null, ended(1, 'Hello'), ['Hello', 'completed']],
    ['who has a part', { claim: 1, offset: 3 }, ended(1, 'Hello'), ['lo', 'completed']],
    ['who has it all', { claim: 1, offset: 5 }, ended(1, 'Hello'), ['completed']],
    ['who has an older claim', { claim: 1, offset: 5 }, ended(2, 'Hello'), ['restart', 'Hello', 'completed']],
    [
      'who has more than there is',
      { claim: 1, offset: 9 },
      ended(1, 'Hello'),
      ['restart', 'Hello', 'completed'],
    ],
    [
      'whose text was another',
      { claim: 1, offset: 3 },
      ended(1, 'Hello', false),
      ['restart', 'Hello', 'completed'],
    ],
    ['who saw the ending', cursorOf(String(toEventId(1, ENDING))), ended(1, 'Hello'), ['completed']],
    [
      'who saw the last text',
      cursorOf(String(toEventId(1, LAST_TEXT))),
      ended(1, 'Hello', false),
      ['completed'],
    ],
    ['who waits for a failure', { claim: 1, offset: 5 }, ended(1, null), ['failed']],
    ['who waits for nothing', null, ended(0, ''), ['completed']],
    ['who has more than nothing', { claim: 1, offset: 2 }, ended(1, ''), ['restart', 'completed']],
  ])('%s', (_, position, end, expected) => {
    const { events } = eventsAtEnd(position, end);
    expect(told(events)).toEqual(expected);
    expect(ids(events)).toEqual([...ids(events)].sort((a, b) => a - b));
  });

  it('ids grow over restarts and endings of a claim and over claims', () => {
    const position = { claim: 1, offset: 9 };
    const all = [
      toEventId(1, 9),
      ...ids(eventsAtEnd(position, ended(1, 'Hello')).events),
      ...ids(eventsAtEnd({ claim: 1, offset: ENDING }, ended(2, 'Hello')).events),
    ];
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
  });
});

describe('a listener', () => {
  /** How far a run has come when the listener is told, or that it comes again from an event it got before. */
  const moment = fc.oneof(
    fc.record({ claim: fc.integer({ min: 1, max: 3 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ resume: fc.nat(50) }),
  );

  it('has the content in the end, from whichever event it came again', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(texts, fc.array(moment, { maxLength: 20 }), fc.boolean(), (runs, moments, consistent) => {
        let heard: StreamEvent[] = [];
        let position: StreamCursor = null;
        let newest = 1;
        const listen = (scene: { events: StreamEvent[]; position: StreamCursor }) => {
          heard.push(...scene.events);
          ({ position } = scene);
        };
        for (const now of moments) {
          if ('resume' in now) {
            heard = heard.slice(0, now.resume);
            position = cursorOf(heard.at(-1)?.id.toString());
          } else {
            newest = Math.max(newest, now.claim);
            const text = runs[newest - 1] ?? '';
            listen(eventsWhileRunning(position, running(newest, text.slice(0, now.share * text.length))));
          }
        }
        const content = consistent ? (runs[newest - 1] ?? '') : 'another text';
        listen(eventsAtEnd(position, ended(newest, content, consistent)));
        const begun = heard.map(({ event }) => event).lastIndexOf('restart') + 1;
        const text = told(heard.slice(begun, -1)).join('');
        expect(text).toBe(content);
        expect(ids(heard)).toEqual([...new Set(ids(heard))].sort((a, b) => a - b));
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
