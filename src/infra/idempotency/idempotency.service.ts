import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../common/errors/app-error.js';
import { Database, type Sql } from '../postgres/database.js';
import { isDatabaseUnavailable } from '../postgres/errors.js';
import {
  LOCK_KEY,
  DELETE_KEYS,
  READ_KEY,
  UNLOCK_KEY,
  STORE_RESPONSE,
  type IdempotencyRow,
} from './idempotency.sql.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

export interface KeyedRequest {
  userId: string;
  /** The header as it came; undefined: the request is not idempotent. */
  key: string | undefined;
  /** Method and path. */
  route: string;
  body: unknown;
}

/** The first 2xx answer to a key. */
interface StoredResponse {
  status: number;
  /** JSON, byte for byte. */
  body: string;
}

/** An answer that was given once: now, or before and replayed. */
export interface OnceResponse extends StoredResponse {
  replayed: boolean;
}

/** A key this request holds: store the answer, in the transaction of the effect where it has one, or release the key. */
interface KeyLock {
  /** @throws AppError `idempotency.in_progress` when the claim lapsed and another request took it; roll the effect back */
  store(sql: Sql, answer: StoredResponse): Promise<void>;
  /** Frees the key after anything but a 2xx. Never throws: a claim that cannot be freed lapses. */
  release(): Promise<void>;
}

/** `Idempotency-Key`, kept in PostgreSQL, so that an effect there and its answer are stored together or not at all. */
@Injectable()
export class IdempotencyService {
  private readonly logger = new Logger(IdempotencyService.name);

  constructor(private readonly database: Database) {}

  /**
   * Runs `effect` in a transaction, once per key, and keeps its answer in that transaction.
   * @throws AppError `validation.failed` for a malformed key, `idempotency.key_reused`, `idempotency.in_progress`, and
   * whatever `effect` throws
   */
  once(request: KeyedRequest, status: number, effect: (sql: Sql) => Promise<object>): Promise<OnceResponse> {
    return this.respond(request, (claim) =>
      this.database.transaction(async (sql) => {
        const answer = { status, body: JSON.stringify(await effect(sql)) };
        await claim?.store(sql, answer);
        return answer;
      }),
    );
  }

  /**
   * Runs an effect that is not in PostgreSQL, and keeps its answer after it. A death in between lets the effect be
   * repeated once the claim has lapsed: it must be one that does no harm twice.
   * @throws AppError as `once`
   */
  onceElsewhere(request: KeyedRequest, status: number, effect: () => Promise<object>): Promise<OnceResponse> {
    return this.respond(request, async (claim) => {
      const answer = { status, body: JSON.stringify(await effect()) };
      await claim?.store(this.database, answer);
      return answer;
    });
  }

  /** Forgets every key of a person who is deleted, and with it the answers kept under them. */
  async deleteAll(sql: Sql, userId: string): Promise<void> {
    await sql.query(DELETE_KEYS, [userId]);
  }

  /** The stored answer, or what `work` gives under the claim of the key; a claim whose work fails is released. */
  private async respond(
    request: KeyedRequest,
    work: (claim: KeyLock | undefined) => Promise<StoredResponse>,
  ): Promise<OnceResponse> {
    const { claim, stored } = await this.begin(request);
    if (stored) return { ...stored, replayed: true };
    try {
      return { ...(await work(claim)), replayed: false };
    } catch (error) {
      const released = claim?.release();
      // Whoever repeats a request that was refused finds the key free; a database that is away keeps nobody waiting twice.
      if (!isDatabaseUnavailable(error)) await released;
      throw error;
    }
  }

  /** Claims the key of a request. Without a key: neither a claim nor a stored answer. */
  private async begin({
    userId,
    key,
    route,
    body,
  }: KeyedRequest): Promise<{ claim?: KeyLock; stored?: StoredResponse }> {
    if (key === undefined) return {};
    requireKey(key);
    const fingerprint = createHash('sha256')
      .update(`${route}\n${JSON.stringify(body ?? null)}`)
      .digest('base64url');
    const owner = uuidv7();
    const claimed = await this.database.query(LOCK_KEY, [userId, key, fingerprint, owner]);
    if (claimed.length > 0) return { claim: this.lockOf(userId, key, owner) };
    return { stored: await this.stored(userId, key, fingerprint) };
  }

  private lockOf(userId: string, key: string, owner: string): KeyLock {
    return {
      store: async (sql, { status, body }) => {
        const rows = await sql.query(STORE_RESPONSE, [userId, key, owner, status, body]);
        if (rows.length === 0) throw inProgress();
      },
      release: async () => {
        await this.database.query(UNLOCK_KEY, [userId, key, owner]).catch((error: Error) => {
          this.logger.warn(`an idempotency key was not freed and lapses by itself: ${error.message}`);
        });
      },
    };
  }

  private async stored(userId: string, key: string, fingerprint: string): Promise<StoredResponse> {
    const [row] = await this.database.query<IdempotencyRow>(READ_KEY, [userId, key]);
    if (row && row.fingerprint !== fingerprint) throw new AppError('idempotency.key_reused');
    if (!row || row.status === null || row.body === null) throw inProgress();
    return { status: row.status, body: row.body };
  }
}

function inProgress(): AppError {
  return new AppError('idempotency.in_progress', { headers: { 'Retry-After': '1' } });
}

function requireKey(key: string): void {
  if (KEY.test(key)) return;
  const message = 'must be 1 to 255 visible ASCII characters';
  throw new AppError('validation.failed', {
    detail: `Idempotency-Key ${message}.`,
    errors: [{ field: 'Idempotency-Key', message }],
  });
}
