import type { Settings } from './settings.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds within which a request is answered whatever state PostgreSQL or Redis is in (fail fast). */
const DEPENDENCY_LIMIT = 3 * SECOND;
/** Milliseconds that a request may spend on Stripe in total. */
const STRIPE_LIMIT = 10 * SECOND;
/** Milliseconds within which a readiness probe is answered. */
const PROBE_LIMIT = 1 * SECOND;

/** Connecting to PostgreSQL and asking it. */
export const POSTGRES = {
  /** For a free connection of the pool, or a new one. */
  connect: 2_000,
  /** The server ends a statement (`statement_timeout`, SQLSTATE 57014); the connection stays usable. */
  statement: 1_500,
  /** The client gives a statement up and closes the connection: only where the server does not respond. */
  query: 1_700,
  /** Waiting for a connection and for the first statement on it together: a long wait leaves the statement less than `query`. */
  total: 2_900,
  /**
   * The server ends a transaction that waits for its client. Less than `statement`: what a process that is frozen has locked
   * is free before a statement of another process that waits for it is ended.
   */
  idleInTransaction: 1_200,
  /** An unused connection is closed. */
  idleConnection: 30 * SECOND,
  /** Connecting and asking of the readiness probe, each. */
  probe: 400,
};

const REDIS = {
  connect: 2 * SECOND,
  /** One command of the API's connection. */
  command: 500,
  /** Redis confirms a subscription. */
  subscribe: 1 * SECOND,
  /** The longest pause between two attempts to reconnect. */
  reconnect: 1 * SECOND,
  /** A worker's command that takes jobs counts as failed when it has not ended this long after its own time. */
  overdue: 5 * SECOND,
  /** Between two checks for such commands. */
  overdueCheck: 1 * SECOND,
};

/** HTTP requests and responses. */
export const HTTP = {
  /** A request arrives completely. */
  request: 30 * SECOND,
  /** Between two looks for requests that did not. */
  lateRequestCheck: 1 * SECOND,
  /** The longest `Prefer: wait`. */
  preferWait: 60 * SECOND,
  /** A connection whose reader takes nothing is closed. */
  stalledReader: 5 * MINUTE,
};

/** The readiness probe. */
export const HEALTH = {
  /** One check of a dependency. */
  check: 950,
  /** The result of a check is reused, so that many probes at once cost one check. */
  cache: 500,
};

const STRIPE = {
  /** All calls of one request together. */
  request: 9 * SECOND,
  /** All calls for a browser that returns from checkout. */
  checkoutReturn: 8 * SECOND,
  /** One try of a call in the worker. */
  call: 20 * SECOND,
  /** All calls of one sync in the worker. */
  sync: 25 * SECOND,
  /** A checkout session with less time left is not offered again. */
  checkoutLeft: 10 * MINUTE,
};

/** Delivery of one-time codes: one attempt takes at most `attempt`. */
export const OTP_DELIVERY = {
  attempt: 10 * SECOND,
  webhook: 5 * SECOND,
  twilio: 8 * SECOND,
  smtpConnect: 2 * SECOND,
  smtpGreeting: 2 * SECOND,
  smtpSilence: 5 * SECOND,
};

/** From a deletion to its purge: a worker whose run has missed that its reply is gone publishes no more text by then. */
export const PURGE_DELAY = 5 * SECOND;

/** How a process ends. */
export const STOP = {
  /** Running work that is told to stop puts its item back. */
  giveBack: 3 * SECOND,
  /** A process that has not stopped by then is ended; longer than any drain. */
  deadline: 40 * SECOND,
};

/** Waiting times that tests shorten. */
const waits = (scale: number) => {
  const scaled = (milliseconds: number) => Math.max(1, Math.round(milliseconds * scale));
  return {
    /** The work engine. */
    work: {
      /** A claim is exclusive for this long after it was taken or renewed. */
      lease: scaled(9 * SECOND),
      /** Between two renewals of a lease. */
      heartbeat: scaled(3 * SECOND),
      /** Between two polls for ready items and expired leases. */
      recoveryPoll: scaled(1 * SECOND),
      /** A new item is first polled after this, if its job has not claimed it. */
      firstPollAfterEnqueue: scaled(1 * SECOND),
      /** An item whose job was added by a poll is polled again after this. */
      rePoll: scaled(5 * SECOND),
      /** Running work may finish by itself when the process is told to stop. */
      drain: scaled(25 * SECOND),
      /** BullMQ's lock of a job, and its check for jobs whose worker is gone. */
      jobLock: scaled(10 * SECOND),
      stalledJobs: scaled(5 * SECOND),
      /** The pause before a worker asks Redis for jobs again after a refusal doubles from the first to the second. */
      queueRetryBase: scaled(500),
      queueRetryCap: scaled(5 * SECOND),
      /** Backoff after a failed attempt: `backoffBase * 2^attempt`, at most `backoffCap`. */
      backoffBase: scaled(1 * SECOND),
      backoffCap: scaled(60 * SECOND),
    },
    /** Publishing and storing a reply. */
    reply: {
      /** Deltas of this time are published together. */
      flush: scaled(20),
      /** Between two attempts to publish while Redis is unavailable. */
      publishRetry: scaled(250),
      /** Between two attempts to store a generated reply while PostgreSQL is unavailable, and how long it is tried. */
      storeRetry: scaled(500),
      storeFor: scaled(2 * MINUTE),
    },
    /** Event streams to clients. */
    stream: {
      /** Between two comment lines. */
      heartbeat: scaled(14 * SECOND),
      /** Between two reads of the reply's row, whatever Redis published. */
      rowCheck: scaled(14 * SECOND),
      /** Between two reads of a Redis stream that lacks entries. */
      catchUp: scaled(1 * SECOND),
      /** Between two checks of all subscriptions. */
      tick: scaled(1 * SECOND),
      /** Between two checks of the sessions that streams and waits belong to. */
      sessionCheck: scaled(1 * SECOND),
    },
    rateLimit: {
      /** One request in this time tries Redis again after it failed. */
      redisPause: scaled(5 * SECOND),
    },
    retention: {
      /** Between two passes that delete old rows. */
      interval: scaled(10 * MINUTE),
    },
  };
};

/**
 * All timeouts, intervals and leases of both processes, in milliseconds. They stand in `config` because `infra` and the
 * features, which import them, import nothing of `app`. Fixed intervals in SQL that are part of the contract (24 h for an
 * idempotency key, 60 s for its lock) stand in their statements.
 *
 * What tests shorten is multiplied by `TIME_SCALE`. Limits on how long a dependency may take are not: a slow machine
 * needs them whole.
 */
export function timing(settings: TimingSettings) {
  return {
    postgres: POSTGRES,
    redis: REDIS,
    http: HTTP,
    health: HEALTH,
    stripe: STRIPE,
    otpDelivery: OTP_DELIVERY,
    stop: STOP,
    gemini: {
      /** A whole call, and the silence between two chunks or before the first. */
      call: settings.GEMINI_TIMEOUT_SECONDS * SECOND,
      idle: settings.GEMINI_IDLE_TIMEOUT_SECONDS * SECOND,
      /** A `retryDelay` beyond this is refused as an exhausted quota. */
      longestRetryDelay: 5 * MINUTE,
    },
    idempotency: { lock: MINUTE, result: 24 * HOUR },
    ...waits(settings.TIME_SCALE),
  };
}

type TimingSettings = Pick<Settings, 'TIME_SCALE' | 'GEMINI_TIMEOUT_SECONDS' | 'GEMINI_IDLE_TIMEOUT_SECONDS'>;

/** The timing of this process, injected by this class. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the class is only the injection token of the type
export abstract class Timing {}
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface Timing extends Readonly<ReturnType<typeof timing>> {}

/** What must hold between the values at `TIME_SCALE=1`: [the smaller, the larger, why]. */
export function inequalities(t: Timing): [smaller: number, larger: number, why: string][] {
  const { postgres, work, stripe, otpDelivery } = t;
  const email = otpDelivery.smtpConnect + otpDelivery.smtpGreeting + otpDelivery.smtpSilence;
  return [
    [
      postgres.statement + 1,
      postgres.query,
      'the server ends a statement before the client closes the connection',
    ],
    [
      postgres.idleInTransaction + 250,
      postgres.statement,
      'a statement that waits for a lock of a frozen process still has some time once the lock is free',
    ],
    [postgres.total, DEPENDENCY_LIMIT - 1, 'a request does not hang on PostgreSQL'],
    [postgres.query, postgres.total, 'a statement that did not wait for its connection has its whole time'],
    [postgres.connect, postgres.total - 500, 'a statement has time after the longest wait for a connection'],
    [2 * postgres.probe, t.health.check, 'the probe says what is wrong before its check is cut off'],
    [t.redis.command, t.health.check, 'Redis does not respond in time before its check is cut off'],
    [t.health.check, PROBE_LIMIT, 'a readiness probe is answered in time'],
    [2 * t.redis.command, DEPENDENCY_LIMIT, 'a request with two commands does not hang on Redis'],
    [2 * work.heartbeat + postgres.total, work.lease, 'one failed renewal does not lose the lease'],
    [work.heartbeat + postgres.query, PURGE_DELAY, 'a heartbeat ends the run of a reply before its purge'],
    [work.recoveryPoll, work.rePoll, 'an item is not polled again by every poll'],
    [work.firstPollAfterEnqueue, work.rePoll, 'a lost job of a new item is noticed first'],
    [work.stalledJobs, work.jobLock, 'an abandoned job is noticed within one lock'],
    [work.backoffBase, work.backoffCap, 'the backoff grows'],
    [work.queueRetryBase, work.queueRetryCap, 'the pause after a refusal grows'],
    [stripe.sync, work.drain, 'a sync that runs at the stop is finished'],
    [
      work.drain + t.stop.giveBack + postgres.total,
      t.stop.deadline,
      'work is given back before the process is ended',
    ],
    [stripe.request, STRIPE_LIMIT, 'a request does not hang on Stripe'],
    [stripe.checkoutReturn, stripe.request, 'a browser that returns does not wait longer than a request'],
    [stripe.call, stripe.sync, 'one try does not use up the time of a sync'],
    [stripe.request + postgres.total, t.idempotency.lock, 'a key is not unlocked under a running request'],
    [t.gemini.idle, t.gemini.call, 'a silent call is ended before a long one'],
    [t.stream.heartbeat, 15 * SECOND, 'a stream has a line every 15 s'],
    [t.stream.rowCheck, 15 * SECOND, 'the row is read at least every 15 s'],
    [otpDelivery.webhook, otpDelivery.attempt, 'a delivery by webhook ends in time'],
    [otpDelivery.twilio, otpDelivery.attempt, 'a delivery by Twilio ends in time'],
    [email, otpDelivery.attempt, 'a delivery by email ends in time'],
  ];
}
