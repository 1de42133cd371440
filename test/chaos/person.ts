import { setTimeout as pass } from 'node:timers/promises';
import type { SignedIn } from '../support/factories.js';
import type { Environment } from '../support/environment.js';
import { isDone, isUnknown, type Entry, type Journal } from './journal.js';
import { makePrompt, type Kind, type Prompt } from './prompt.js';
import type { Random } from '../support/random.js';

/** Milliseconds between attempts at a request whose outcome is unknown. */
const AGAIN = 200;

/** What a person does with their time. */
export type Habit = 'burst' | 'chat';

export interface Profile {
  /** Begins the tags of their prompts. */
  name: string;
  habit: Habit;
  /** Prompts a day. */
  limit: number;
  rooms: string[];
  /** What they ask for. */
  kinds: Kind[];
}

/** A user of one round: sends prompts, repeats what they do not know the outcome of, cancels, retries and looks. */
export class Person {
  readonly prompts: Prompt[] = [];
  private readonly replies: { roomId: string; id: string }[] = [];
  private count = 0;

  constructor(
    readonly user: SignedIn,
    private readonly profile: Profile,
    private readonly environment: Environment,
    private readonly journal: Journal,
    private readonly random: Random,
  ) {}

  get limit(): number {
    return this.profile.limit;
  }

  get rooms(): string[] {
    return this.profile.rooms;
  }

  /** Lives for that many milliseconds. */
  async live(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    if (this.profile.habit === 'burst') await this.burst();
    while (Date.now() < end) {
      await this.act();
      await pass(this.random.between(20, 120));
    }
  }

  /** Repeats, under its key, every prompt that nobody knows the outcome of, until it is known or `overdue` says that it is too late. */
  async settle(overdue: () => boolean): Promise<void> {
    const open = this.prompts.filter((prompt) => prompt.key !== undefined && !this.isKnown(prompt));
    await Promise.all(open.map((prompt) => this.repeat(prompt, overdue)));
  }

  private isKnown({ tag }: Prompt): boolean {
    const entries = this.journal.entries.filter(({ action, about }) => action === 'prompt' && about === tag);
    return entries.some((entry) => isDone(entry) || entry.code === 'quota.exceeded');
  }

  private async repeat(prompt: Prompt, overdue: () => boolean): Promise<void> {
    while (!this.isKnown(prompt) && !overdue()) {
      await this.post(prompt);
      await pass(AGAIN);
    }
  }

  /** Many at once, in several rooms and at every API process: more than the day allows. */
  private async burst(): Promise<void> {
    await Promise.all(Array.from({ length: this.limit + 4 }, () => this.prompt(false)));
  }

  private async act(): Promise<void> {
    const dice = this.random.next();
    const reply = this.replies.length > 0 ? this.random.pick(this.replies) : undefined;
    if (!reply || dice < 0.55) return this.prompt(true);
    const path = `/chatroom/${reply.roomId}/message/${reply.id}`;
    if (dice < 0.68) await this.ask('cancel', reply.id, 'POST', `${path}/cancel`);
    else if (dice < 0.84) await this.ask('retry', reply.id, 'POST', `${path}/retry`);
    else if (dice < 0.93) await this.ask('read', reply.id, 'GET', path);
    else await this.ask('list', reply.id, 'GET', `/chatroom/${reply.roomId}/message`);
  }

  private async prompt(patient: boolean): Promise<void> {
    this.count += 1;
    const { name, kinds, rooms } = this.profile;
    const prompt = makePrompt(this.random, `${name}-${this.count}`, this.random.pick(rooms), kinds);
    this.prompts.push(prompt);
    const twice = prompt.key !== undefined && this.random.chance(0.15);
    const [entry] = await Promise.all([this.post(prompt), ...(twice ? [this.post(prompt)] : [])]);
    if (!patient || !entry || prompt.key === undefined) return;
    for (let attempt = 1; attempt < 3 && isUnknown(entry) && !this.isKnown(prompt); attempt += 1) {
      await pass(AGAIN);
      await this.post(prompt);
    }
  }

  private async post({ roomId, content, key, tag }: Prompt): Promise<Entry> {
    const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': key };
    const api = this.anyApi();
    const entry = await this.journal.record('prompt', api, tag, (signal) =>
      this.environment
        .client(this.user, api)
        .post(`/chatroom/${roomId}/message`, { content }, { headers, signal }),
    );
    if (isDone(entry)) this.replies.push({ roomId, id: entry.body.reply.id });
    return entry;
  }

  private async ask(action: Entry['action'], about: string, method: 'GET' | 'POST', path: string) {
    const api = this.anyApi();
    const client = this.environment.client(this.user, api);
    await this.journal.record(action, api, about, (signal) =>
      method === 'GET' ? client.get(path, { signal }) : client.post(path, undefined, { signal }),
    );
  }

  private anyApi(): number {
    return this.random.between(0, this.environment.apis.length - 1);
  }
}
