import type { SignedIn } from '../support/factories.js';
import { inTurn } from './in-turn.js';
import { press, type Hit } from './load.js';
import type { Contenders } from './side-by-side.js';
import type { Setup } from './setup.js';

/** A full page. */
const ROOMS = 20;
/** Sizes of a page that all hold those rooms and are cached apart: so many misses a person. */
const SIZES = Array.from({ length: 80 }, (_, at) => 21 + at);
/** Misses enough for any machine. */
const PEOPLE_A_SECOND = 50;

/** What a request may cost, and the least share of the naive way's requests a second. */
interface Bounds {
  statements: number;
  commands: number;
  atLeast: number;
}

/** Something to read, beside the naive way to it. */
export interface Reading extends Contenders {
  what: string;
  bounds: Bounds;
  /** Answers so far that did not come from where they were meant to. */
  misplaced: number;
}

/** People with a page of rooms each, and what they read. */
export async function prepareReadings(setup: Setup, seconds: number): Promise<Reading[]> {
  const people = await setup.people(Math.ceil(PEOPLE_A_SECOND * (1 + seconds)));
  await setup.usersWithRooms(people, ROOMS);
  return [account(setup, people), cachedList(setup, people), uncachedList(setup, people)];
}

/** Who asks, and the account: of those asked for in the same instant Prisma makes one statement. And the burst limit. */
function account(setup: Setup, people: SignedIn[]): Reading {
  const { product, naive } = setup;
  const asked = () => each(people, '/user/me');
  const contenders = { product: { ...product, next: asked() }, naive: { ...naive, next: asked() } };
  // Hardly anything is asked for, so all that is done around a request shows: measured 0.14 to 0.33. Half of the least.
  return expecting(undefined, 'GET /user/me', contenders, { statements: 2, commands: 1, atLeast: 0.07 });
}

/** Who asks; the burst limit, and the page. */
function cachedList(setup: Setup, people: SignedIn[]): Reading {
  const { product, naive } = setup;
  const asked = () => each(people, '/chatroom');
  const before = () => press({ ...product, next: asked() }, { amount: people.length });
  const contenders = { product: { ...product, next: asked() }, naive: { ...naive, next: asked() }, before };
  // Measured 0.32 to 0.66. Half of the least.
  return expecting('HIT', 'GET /chatroom, HIT', contenders, { statements: 1, commands: 2, atLeast: 0.15 });
}

/** Who asks, and the rooms; the burst limit, the page that is not there, the page that is kept. */
function uncachedList(setup: Setup, people: SignedIn[]): Reading {
  const { product, naive, db } = setup;
  const pages = SIZES.flatMap((limit) => people.map((person) => hit(`/chatroom?limit=${limit}`, person)));
  // As if everybody had written something: none of their pages is good any more.
  const before = () => db.query('UPDATE app_user SET room_list_version = room_list_version + 1');
  const contenders = {
    product: { ...product, next: inTurn(pages) },
    naive: { ...naive, next: each(people, '/chatroom') },
    before,
  };
  // Measured 0.21 to 0.39. Half of the least.
  return expecting('MISS', 'GET /chatroom, MISS', contenders, { statements: 2, commands: 3, atLeast: 0.1 });
}

function expecting(cache: string | undefined, what: string, contenders: Contenders, bounds: Bounds): Reading {
  const heard = (headers: Record<string, unknown>) => {
    if (headers['x-cache'] !== cache) reading.misplaced += 1;
  };
  const reading: Reading = {
    what,
    bounds,
    misplaced: 0,
    ...contenders,
    product: { ...contenders.product, heard },
  };
  return reading;
}

const hit = (path: string, { accessToken: token }: SignedIn): Hit => ({ path, token });

const each = (people: SignedIn[], path: string) => inTurn(people.map((person) => hit(path, person)));
