import { randomUUID } from 'node:crypto';
import type { Answer, Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import type { Environment } from '../support/environment.js';

/** A person without a daily limit in a room of their own, made in the database. */
export class Chat {
  private constructor(
    private readonly environment: Environment,
    private readonly clients: Client[],
    readonly room: string,
  ) {}

  static async open(environment: Environment): Promise<Chat> {
    const user = await environment.user({ pro: true });
    const room = randomUUID();
    await environment.db.query(
      `INSERT INTO chatroom (id, user_id, title, title_is_default) VALUES ($1, $2, 'Room', false)`,
      [room, user.id],
    );
    return new Chat(
      environment,
      environment.apis.map((_, i) => environment.client(user, i)),
      room,
    );
  }

  client(api = 0): Client {
    const client = this.clients[api];
    if (!client) throw new Error(`there is no API process ${api}`);
    return client;
  }

  send(content: string, { api = 0, headers = {} } = {}): Promise<Answer> {
    return this.client(api).post(`/chatroom/${this.room}/message`, { content }, { headers });
  }

  /** Sends a prompt that is accepted. @returns the reply's id */
  async accepted(
    content: string,
    options?: { api?: number; headers?: Record<string, string> },
  ): Promise<string> {
    const { status, text, body } = await this.send(content, options);
    if (status !== 202) throw new Error(`not accepted: ${status} ${text}`);
    return body.reply.id as string;
  }

  /** Waits for the ending; @returns the reply */
  final(id: string, timeout = 20_000, api = 0): Promise<any> {
    return eventually(
      `the ending of ${id}`,
      async () => {
        const { body } = await this.client(api).get(`/chatroom/${this.room}/message/${id}`);
        return ['completed', 'failed', 'cancelled', 'incomplete'].includes(body.status) && body;
      },
      timeout,
    );
  }

  /** Waits until a worker has claimed it that many times. */
  async claimed(id: string, times = 1): Promise<void> {
    await eventually(
      `claim ${times} of ${id}`,
      async () => {
        const { rows } = await this.environment.db.query(
          'SELECT claim FROM work_item WHERE subject_id = $1',
          [id],
        );
        return rows[0]?.claim >= times;
      },
      20_000,
    );
  }
}

/** Milliseconds that something took. */
export async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  const result = await work;
  return [result, performance.now() - began];
}
