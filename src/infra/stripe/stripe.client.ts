import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import Stripe from 'stripe';
import { AppError } from '../../common/errors/app-error.js';
import { Settings } from '../../config/settings.js';

/** Milliseconds that one HTTP request may spend on Stripe: the rest of its 10 s is for the database and the queue. */
export const REQUEST_BUDGET = 9_000;

/** Milliseconds that one sync may spend on Stripe in a worker. */
export const WORK_BUDGET = 25_000;

/** Milliseconds for one call outside `within`. */
const CALL_TIMEOUT = 20_000;

const deadlines = new AsyncLocalStorage<number>();

/** Stripe has changed nothing, and refuses the same request each time. Its message says why, for the person. */
export class StripeRefused extends AppError {
  constructor(cause: Error) {
    super('subscription.refused', { cause, detail: cause.message });
  }
}

/** Stripe knows no such object. Callers that expect this handle it; for all others it is a refusal. */
export class StripeMissing extends StripeRefused {
  constructor(
    /** The request parameter that named the object, such as `customer`. */
    readonly param: string | undefined,
    cause: Error,
  ) {
    super(cause);
  }
}

/** Stripe began a request, failed, and returns that failure for the same idempotency key for a day: only another key helps. */
export class StripeKeyFailed extends AppError {
  constructor(cause: unknown) {
    super('stripe.unavailable', { cause, retryAfter: 5 });
  }
}

/** The connection to Stripe, or to any server that speaks its wire format. */
@Injectable()
export class StripeClient {
  private readonly logger = new Logger(StripeClient.name);
  private readonly sdk: Stripe;

  constructor(settings: Settings) {
    this.sdk = connectStripe(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE);
  }

  /**
   * Makes one call within the time that is left.
   * @param request makes the call with the SDK; it must pass `options` on, which carry the timeout
   * @param isExpected whether an error may be no sign of a wrong key or setting: then the caller decides, and calls `report`
   * @throws StripeMissing when the object does not exist
   * @throws StripeRefused `subscription.refused` when another attempt would be refused too
   * @throws StripeKeyFailed when Stripe returns the stored failure of the idempotency key
   * @throws AppError `stripe.unavailable` for every other failure, which may pass
   */
  async call<T>(
    request: (sdk: Stripe, options: Stripe.RequestOptions) => Promise<T>,
    isExpected: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    const timeout = timeLeft(CALL_TIMEOUT);
    if (timeout <= 0) throw stripeUnavailable(new Error('no time left'));
    try {
      return await request(this.sdk, { timeout });
    } catch (error) {
      const translated = translate(error);
      if (!(translated instanceof StripeMissing) && isMisconfigured(error) && !isExpected(error))
        this.report(error);
      throw translated;
    }
  }

  /** Tells the operator of a refusal that comes from a wrong key or setting. */
  report(error: unknown): void {
    this.logger.error({ err: error }, 'Stripe refuses a request: look at the key and the settings');
  }
}

/**
 * The SDK for a key, with bounded retries and timeouts.
 * @param base the address of a server that speaks Stripe's wire format; undefined for Stripe itself
 * @param options override the defaults; times are in milliseconds
 */
export function connectStripe(
  key: string,
  base: string | undefined,
  options: Stripe.StripeConfig = {},
): Stripe {
  return new Stripe(key, {
    ...target(base),
    maxNetworkRetries: 2,
    timeout: CALL_TIMEOUT,
    httpClient: boundedHttpClient(),
    telemetry: false,
    appInfo: { name: 'gemini-chat-backend' },
    ...options,
  });
}

function target(base: string | undefined): Stripe.StripeConfig {
  if (!base) return {};
  const { hostname, port, protocol } = new URL(base);
  const scheme = protocol === 'http:' ? 'http' : 'https';
  return { host: hostname, port: port || (scheme === 'http' ? 80 : 443), protocol: scheme };
}

/**
 * The SDK's own HTTP client, limited to the deadline of `within`, retries included: after a caller was told that Stripe
 * could not be reached, the request must not be carried out.
 */
function boundedHttpClient(): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient();
  const send = client.makeRequest.bind(client);
  client.makeRequest = (host, port, path, method, headers, body, protocol, timeout) => {
    const left = timeLeft(timeout);
    if (left <= 0) return Promise.reject(new Error('no time left'));
    return send(host, port, path, method, headers, body, protocol, left);
  };
  return client;
}

/**
 * Gives all calls to Stripe made inside `work` one common deadline: no call and no retry begins after it.
 * @param milliseconds from now to the deadline
 * @throws AppError `stripe.unavailable` at the deadline, and whatever `work` throws before it
 */
export async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(stripeUnavailable(new Error('no time left'))), milliseconds);
  });
  try {
    return await Promise.race([deadlines.run(Date.now() + milliseconds, work), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds left for the next call; `usual` outside `within`. */
function timeLeft(usual: number): number {
  const deadline = deadlines.getStore();
  return deadline === undefined ? usual : Math.min(usual, deadline - Date.now());
}

/**
 * An idempotency key for a request and the decision that led to it. It contains no time: processes that decide the same
 * use the same key, and other parameters get another key, which Stripe requires.
 * @param kind readable prefix, such as `checkout`
 * @param params the parameters of the request
 * @param decision what distinguishes this request from an earlier one with the same parameters
 */
export function idempotencyKey(kind: string, params: object, decision: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([params, decision]))
    .digest('base64url');
  return `${kind}-${hash}`;
}

/**
 * Maps an error of the SDK to one of the errors of `call`; other errors stay as they are. A key that Stripe rejects is
 * not a refusal: nothing is wrong with the person's request, and an operator can mend the key.
 */
function translate(error: unknown): Error {
  if (!(error instanceof Stripe.errors.StripeError)) return error as Error;
  if (error.code === 'resource_missing') return new StripeMissing(error.param, error);
  const { StripeInvalidRequestError, StripeCardError } = Stripe.errors;
  if (error instanceof StripeInvalidRequestError || error instanceof StripeCardError)
    return new StripeRefused(error);
  const replayed = error.headers?.['idempotent-replayed'] === 'true';
  return replayed && (error.statusCode ?? 0) >= 500 ? new StripeKeyFailed(error) : stripeUnavailable(error);
}

/** Whether a retry cannot help, because the request itself or the key is wrong: an operator must look. */
export function isMisconfigured(error: unknown): boolean {
  const { errors } = Stripe;
  return (
    error instanceof errors.StripeInvalidRequestError ||
    error instanceof errors.StripeAuthenticationError ||
    error instanceof errors.StripePermissionError ||
    error instanceof errors.StripeIdempotencyError
  );
}

/** The error 503 `stripe.unavailable`. @param cause logged, never shown to the client */
export function stripeUnavailable(cause: unknown): AppError {
  return new AppError('stripe.unavailable', { cause, retryAfter: 5 });
}
