import type { EventStream } from '../support/event-stream.js';
import type { Random } from '../support/random.js';
import { listenToNaive, listenToProduct, type Show } from './audience.js';
import { quantile, type Floor, type Row } from '../support/figures.js';
import type { Bench, Outcome, Plan } from './bench.js';
import type { Setup } from './setup.js';

interface Scenario {
  replies: number;
  /** For each reply. */
  listeners: number;
  /** Milliseconds between two deltas of a reply. */
  every: number;
}

/** Deltas come farther apart than the worker gathers them for (20 ms), so that each travels by itself. */
const ONE: Scenario = { replies: 1, listeners: 1, every: 50 };
/** At the pace of a model. */
const CROWD = { replies: 50, every: 250 };
/** Milliseconds in which a delta is to arrive while nothing is overloaded. A figure, no floor: it is a time. */
const PROMISED = 50;

/** How long a delta is on its way, by the clock that the sandbox wrote into it. */
export const stream: Bench = {
  name: 'stream',
  about: 'from the sending of a delta to its receipt; naive: published to Redis, written to whoever listens',
  async run(setup, plan) {
    const outcomes = [
      await play(setup, ONE, plan),
      await play(setup, { ...CROWD, listeners: plan.listeners }, plan),
    ];
    return {
      rows: outcomes.flatMap(({ rows }) => rows),
      floors: outcomes.flatMap(({ floors }) => floors),
    };
  },
};

async function play(setup: Setup, scenario: Scenario, { seconds, random }: Plan): Promise<Outcome> {
  const { replies, listeners, every } = scenario;
  const deltas = Math.max(3, Math.round((seconds * 1_000) / every));
  const usersWithRooms = await setup.usersWithRooms(await setup.people(replies), 1);
  const show: Show = {
    usersWithRooms,
    contents: usersWithRooms.map((_, at) => speech(at, deltas, every, random)),
    listeners,
  };
  const product = delays(await listenToProduct(setup, show));
  const naive = delays(await listenToNaive(setup, show));
  const what = `${replies} x ${listeners}`;
  // Of a naive median of 1.5 ms it was 2 to 4 times; were every delta held back to be gathered with others, it would be 14.
  // No floor for the crowd: where 1,000 listeners and what serves them share two cores, a median tells of their queue.
  const ratio = quantile(product, 0.5) / quantile(naive, 0.5);
  const median: Floor = { kind: 'ratio', what: `${what}, median to naive`, value: ratio, atMost: 10 };
  return {
    rows: [row(`${what}, product`, product), row(`${what}, naive`, naive)],
    floors: [
      {
        kind: 'count',
        what: `${what}, deltas lost`,
        value: deltas * replies * listeners - product.length,
        atMost: 0,
      },
      ...(listeners === 1 ? [median] : []),
    ],
  };
}

/** Begins at a moment of its own, so that the replies do not all speak at once. */
function speech(at: number, deltas: number, every: number, random: Random): string {
  const begin = random.between(0, every);
  return `Reply ${at} [[latency ${begin}ms]] [[slow chunks=${deltas} delay=${every}ms]] [[words ${deltas}]] [[clock]]`;
}

/** Milliseconds that each delta took to each listener; one event may carry several. */
function delays(streams: EventStream[]): number[] {
  const heard = streams.flatMap(({ events }) => events.filter(({ event }) => event === 'delta'));
  return heard.flatMap(({ data, at }) => {
    const sent: string[] = data.text.trim().split(' ');
    return sent.map((time) => performance.timeOrigin + at - Number(time));
  });
}

const row = (what: string, delays: number[]): Row => ({
  what,
  figures: {
    deltas: delays.length,
    'p50 ms': quantile(delays, 0.5),
    'p99 ms': quantile(delays, 0.99),
    [`% within ${PROMISED} ms`]: (100 * delays.filter((delay) => delay <= PROMISED).length) / delays.length,
  },
});
