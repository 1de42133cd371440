import Stripe from 'stripe';
import { AppError } from '../../common/errors/app-error.js';

/** Stripe knows no such object: often an answer. Where nobody expects it, it is a failure like the others. */
export class StripeMissing extends AppError {
  constructor(
    /** The parameter that named it, such as `customer`. */
    readonly param: string | undefined,
    cause: unknown,
  ) {
    super('stripe.unavailable', { cause, retryAfter: 60 });
  }
}

/** Stripe began this request once, failed, and keeps that answer under its idempotency key for a day. */
export class StripeKeyFailed extends AppError {
  constructor(cause: unknown) {
    super('stripe.unavailable', { cause, retryAfter: 5 });
  }
}

/** Whatever the SDK threw, as what a caller can act on: missing, spent, or 503 `stripe.unavailable`. */
export function translate(error: unknown): Error {
  if (!(error instanceof Stripe.errors.StripeError)) return error as Error;
  if (error.code === 'resource_missing') return new StripeMissing(error.param, error);
  const replayed = error.headers?.['idempotent-replayed'] === 'true';
  return replayed && (error.statusCode ?? 0) >= 500 ? new StripeKeyFailed(error) : unavailable(error);
}

/** Whether waiting cannot help, since the request itself or the key is wrong: an operator must look. */
export function isMisconfigured(error: unknown): boolean {
  const { errors } = Stripe;
  return (
    error instanceof errors.StripeInvalidRequestError ||
    error instanceof errors.StripeAuthenticationError ||
    error instanceof errors.StripePermissionError ||
    error instanceof errors.StripeIdempotencyError
  );
}

export function unavailable(cause: unknown): AppError {
  return new AppError('stripe.unavailable', { cause, retryAfter: 5 });
}
