import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../../common/errors/app-error.js';
import type { ErrorCode } from '../../common/errors/catalogue.js';
import { Database, type Sql } from '../postgres/database.js';
import { isDatabaseUnavailable } from '../postgres/errors.js';
import { LOCK_KEY, READ_KEY, UNLOCK_KEY, STORE_RESPONSE } from './idempotency.sql.js';

const KEY = /^[\x21-\x7e]{1,255}$/;
/** Keys that are kept for one user: with their responses they are stored for 24 hours. */
const MAX_KEYS = 10_000;
/** Seconds after which a user with too many keys may try again: by then some may have expired. */
const FULL_RETRY = 600;

export interface KeyedRequest {
  userId: string;
  /** The header as it came; undefined: the request is not idempotent. */
  key: string | undefined;
  /** Method and path. */
  route: string;
  body: unknown;
  /** What the response is about. When that is deleted the response is purged, and the key is answered with the error `gone`. */
  subject?: { id: string; gone: ErrorCode };
}

/** The first 2xx response to a key. */
interface StoredResponse {
  status: number;
  /** JSON, byte for byte. */
  body: string;
}

/** The response to a key: of this request, or of an earlier one and replayed. */
export interface OnceResponse extends StoredResponse {
  replayed: boolean;
}

/** The lock of a key: the request stores its response, in the transaction of the effect where there is one, or unlocks the key. */
interface KeyLock {
  /** @throws AppError `idempotency.in_progress` when the lock expired and another request took it; roll the effect back */
  store(sql: Sql, response: StoredResponse): Promise<void>;
  /** Unlocks the key after anything but a 2xx. Never throws: a lock that cannot be released expires. */
  release(): Promise<void>;
}

/** `Idempotency-Key`, kept in PostgreSQL, so that an effect there and its response are stored together or not at all. */
@Injectable()
export class IdempotencyService {
  private readonly logger = new Logger(IdempotencyService.name);

  constructor(private readonly database: Database) {}

  /**
   * Runs `effect` in a transaction, once per key, and stores its response in that transaction. Without a key the effect is
   * run by itself: no lock of its is held while this process and PostgreSQL exchange messages.
   * @param effect one statement
   * @throws AppError `validation.failed` for a malformed key, `idempotency.key_reused`, `idempotency.in_progress`,
   * `rate_limit.exceeded` for a new key of a user who has too many, and whatever `effect` throws
   */
  once(request: KeyedRequest, status: number, effect: (sql: Sql) => Promise<object>): Promise<OnceResponse> {
    return this.respond(request, async (lock) => {
      if (!lock) return { status, body: JSON.stringify(await effect(this.database)) };
      return this.database.transaction(async (sql) => {
        const response = { status, body: JSON.stringify(await effect(sql)) };
        await lock.store(sql, response);
        return response;
      });
    });
  }

  /**
   * Runs an effect that is not in PostgreSQL, and stores its response after it. After a crash in between the effect is
   * repeated once the lock has expired: it must be idempotent itself.
   * @throws AppError as `once`
   */
  onceElsewhere(request: KeyedRequest, status: number, effect: () => Promise<object>): Promise<OnceResponse> {
    return this.respond(request, async (lock) => {
      const response = { status, body: JSON.stringify(await effect()) };
      await lock?.store(this.database, response);
      return response;
    });
  }

  /** The stored response, or what `work` returns while the key is locked; the lock is released when `work` fails. */
  private async respond(
    request: KeyedRequest,
    work: (lock: KeyLock | undefined) => Promise<StoredResponse>,
  ): Promise<OnceResponse> {
    const { lock, stored } = await this.begin(request);
    if (stored) return { ...stored, replayed: true };
    try {
      return { ...(await work(lock)), replayed: false };
    } catch (error) {
      const released = lock?.release();
      // A repeated request finds the key unlocked. While PostgreSQL is unavailable there is no second wait for it.
      if (!isDatabaseUnavailable(error)) await released;
      throw error;
    }
  }

  /** Locks the key of a request. Without a key: neither a lock nor a stored response. */
  private async begin(request: KeyedRequest): Promise<{ lock?: KeyLock; stored?: StoredResponse }> {
    const { userId, key, route, body } = request;
    if (key === undefined) return {};
    requireKey(key);
    const fingerprint = createHash('sha256')
      .update(`${route}\n${JSON.stringify(body ?? null)}`)
      .digest('base64url');
    const owner = uuidv7();
    const [lock] = await this.database.query(LOCK_KEY, [userId, key, fingerprint, owner, MAX_KEYS]);
    if (lock?.locked) return { lock: this.lockOf(request, key, owner) };
    const stored = await this.stored(request, key, fingerprint);
    if (!stored) throw lock?.isFull ? tooManyKeys() : inProgress();
    return { stored };
  }

  private lockOf({ userId, subject }: KeyedRequest, key: string, owner: string): KeyLock {
    return {
      store: async (sql, { status, body }) => {
        const rows = await sql.query(STORE_RESPONSE, [userId, key, owner, status, body, subject?.id ?? null]);
        if (rows.length === 0) throw inProgress();
      },
      release: async () => {
        await this.database.query(UNLOCK_KEY, [userId, key, owner]).catch((error: Error) => {
          this.logger.warn(`an idempotency key was not unlocked and expires: ${error.message}`);
        });
      },
    };
  }

  /** @returns undefined when the key is not there */
  private async stored(
    { userId, subject }: KeyedRequest,
    key: string,
    fingerprint: string,
  ): Promise<StoredResponse | undefined> {
    const [row] = await this.database.query(READ_KEY, [userId, key]);
    if (!row) return undefined;
    const { status, body } = row;
    if (status !== null && body === null) throw new AppError(subject?.gone ?? 'idempotency.key_reused');
    if (row.fingerprint !== fingerprint) throw new AppError('idempotency.key_reused');
    if (status === null || body === null) throw inProgress();
    return { status, body };
  }
}

function inProgress(): AppError {
  return new AppError('idempotency.in_progress', { headers: { 'Retry-After': '1' } });
}

function tooManyKeys(): AppError {
  const detail = `At most ${MAX_KEYS} idempotency keys are kept in 24 hours. Keys that are kept still work.`;
  return new AppError('rate_limit.exceeded', { detail, retryAfter: FULL_RETRY });
}

function requireKey(key: string): void {
  if (KEY.test(key)) return;
  const message = 'must be 1 to 255 visible ASCII characters';
  throw new AppError('validation.failed', {
    detail: `Idempotency-Key ${message}.`,
    errors: [{ field: 'Idempotency-Key', message }],
  });
}
