import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { buildRoom, type SignedIn } from '../support/factories.js';
import { eventually } from '../support/eventually.js';
import type { Setup } from './setup.js';

/** Milliseconds between two beginnings of an action, whether or not the one before was answered. */
const EVERY = 200;
/** People who do what signed-in people do; each has a room. */
const PEOPLE = 20;
/** Milliseconds after which an answer counts as none. */
const PATIENCE = 60_000;

/** What is measured of others; of a code also its arrival, of a prompt also the end of its reply. */
export const MEASURES = ['account', 'rooms', 'prompt', 'reply', 'code', 'code arrives'] as const;
type Measure = (typeof MEASURES)[number];

/** Milliseconds of each time that something was done, by what was done. */
export type Times = Record<Measure, number[]>;

interface Step {
  method: string;
  path: string;
  from: string;
  token?: string;
  body?: Record<string, string>;
}

interface Done {
  step: Step;
  status: number;
  ms: number;
  begun: number;
  text: string;
}

interface Person extends SignedIn {
  roomId: string;
  address: string;
}

/** People who use the product as usual, each from an address of their own, each request over a new connection. */
export class Others {
  /** Answers other than success. */
  refused = 0;
  private turns = 0;

  private constructor(
    private readonly setup: Setup,
    private readonly people: Person[],
    /** Who asks for a code, each once. */
    private readonly callers: SignedIn[],
  ) {}

  /** @param seconds of all the turns */
  static async assemble(setup: Setup, seconds: number): Promise<Others> {
    const people = await setup.people(PEOPLE, { pro: true });
    const withRooms = await Promise.all(
      people.map(async (person) => ({
        ...person,
        roomId: await buildRoom(setup.system.db, person.id),
        address: setup.newAddress(),
      })),
    );
    return new Others(setup, withRooms, await setup.people(Math.ceil((1_000 / EVERY) * seconds)));
  }

  /** Does all of it for some seconds, and waits for everything that was asked for. */
  async turn(seconds: number): Promise<Times> {
    const count = Math.floor((seconds * 1_000) / EVERY);
    const [account, rooms, prompts, codes] = await Promise.all([
      this.repeat(count, 0, (at) => this.signedIn(at, 'GET', '/user/me')),
      this.repeat(count, EVERY / 4, (at) => this.signedIn(at, 'GET', '/chatroom')),
      this.repeat(count, EVERY / 2, (at) => this.prompt(at)),
      this.repeat(count, (3 * EVERY) / 4, () => this.askCode()),
    ]);
    this.turns += 1;
    return {
      account: account.map(({ ms }) => ms),
      rooms: rooms.map(({ ms }) => ms),
      prompt: prompts.map(({ ms }) => ms),
      reply: await this.replies(prompts),
      code: codes.map(({ ms }) => ms),
      'code arrives': await this.arrivals(codes),
    };
  }

  private async repeat(count: number, offset: number, step: (at: number) => Step): Promise<Done[]> {
    const begun = performance.now();
    const one = async (at: number) => {
      await wait(begun + offset + at * EVERY - performance.now());
      const done = await perform(this.setup.url, step(at));
      if (done.status < 200 || done.status > 299) this.refused += 1;
      return done;
    };
    return Promise.all(Array.from({ length: count }, (_, at) => one(at)));
  }

  private signedIn(at: number, method: string, path: string): Step {
    const { accessToken: token, address: from } = this.person(at);
    return { method, path, from, token };
  }

  private prompt(at: number): Step {
    const content = `Turn ${this.turns}, prompt ${at}: what is worth knowing about it?`;
    return { ...this.signedIn(at, 'POST', `/chatroom/${this.person(at).roomId}/message`), body: { content } };
  }

  private person(at: number): Person {
    const person = this.people[at % this.people.length];
    if (!person) throw new Error('there is nobody');
    return person;
  }

  private askCode(): Step {
    const caller = this.callers.pop();
    if (!caller) throw new Error('everybody has asked for a code');
    const body = { mobile: caller.mobile };
    return { method: 'POST', path: '/auth/send-otp', from: this.setup.newAddress(), body };
  }

  /** From the acceptance of a prompt to the end of its reply, by PostgreSQL's clock. */
  private async replies(prompts: Done[]): Promise<number[]> {
    const ids = prompts.flatMap(({ status, text }) => (status === 202 ? [JSON.parse(text).reply.id] : []));
    const rows = await eventually(
      'the replies of others',
      async () => {
        const { rows } = await this.setup.system.db.query<{ ms: number }>(
          `SELECT extract(epoch FROM completed_at - created_at)::float8 * 1000 AS ms
           FROM message WHERE id = ANY($1::uuid[]) AND completed_at IS NOT NULL`,
          [ids],
        );
        return rows.length === ids.length && rows;
      },
      PATIENCE,
    );
    return rows.map(({ ms }) => ms);
  }

  /** From the request for a code to its arrival at the gateway. */
  private async arrivals(codes: Done[]): Promise<number[]> {
    const sent = codes.filter(({ status }) => status === 200);
    return eventually(
      'the codes of others',
      () => {
        const times = sent.map(
          ({ step, begun }) => (this.setup.arrivals.get(step.body?.mobile ?? '') ?? NaN) - begun,
        );
        return !times.some(Number.isNaN) && times;
      },
      PATIENCE,
    );
  }
}

/** Sends a request over a new connection. A status of 0 stands for no answer. */
function perform(url: string, step: Step): Promise<Done> {
  const { method, path, from, token, body } = step;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    'X-Forwarded-For': from,
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(text !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    }),
  };
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, answer: string) =>
      resolve({ step, status, begun, ms: performance.now() - begun, text: answer });
    const sent = request(
      `${url}${path}`,
      { method, headers, agent: false, timeout: PATIENCE },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('close', () => end(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => end(0, ''));
    sent.end(text);
  });
}
