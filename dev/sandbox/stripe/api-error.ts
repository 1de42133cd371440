/** A request that Stripe's API rejects, with the error object of the response. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: { type: string; message: string; code?: string; param?: string; decline_code?: string },
  ) {
    super(error.message);
  }

  body(): { error: Record<string, unknown> } {
    const { code } = this.error;
    return {
      error: { ...this.error, ...(code && { doc_url: `https://stripe.com/docs/error-codes/${code}` }) },
    };
  }
}

const invalid = (status: number, message: string, code?: string, param?: string) =>
  new ApiError(status, {
    type: 'invalid_request_error',
    message,
    ...(code && { code }),
    ...(param && { param }),
  });

export const apiErrors = {
  invalid: (message: string, param?: string, code?: string) => invalid(400, message, code, param),
  missing: (param: string) => invalid(400, `Missing required param: ${param}.`, 'parameter_missing', param),
  unknown: (param: string) =>
    invalid(400, `Received unknown parameter: ${param}`, 'parameter_unknown', param),
  noSuch: (kind: string, id: string) => invalid(404, `No such ${kind}: '${id}'`, 'resource_missing', 'id'),
  noSuchParam: (kind: string, id: string, param: string) =>
    invalid(400, `No such ${kind}: '${id}'`, 'resource_missing', param),
  noSuchUrl: (method: string, path: string) => invalid(404, `Unrecognized request URL (${method}: ${path}).`),
  noKey: () => invalid(401, 'You did not provide an API key.'),
  badKey: () => invalid(401, 'Invalid API Key provided.'),
  declined: () =>
    new ApiError(402, {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'generic_decline',
      message: 'Your card was declined.',
    }),
  keyReused: (key: string) =>
    new ApiError(400, {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    }),
  keyInUse: (key: string) =>
    new ApiError(409, {
      type: 'idempotency_error',
      code: 'idempotency_key_in_use',
      message: `There is currently another in-progress request using this Idempotent Key: ${key}.`,
    }),
  fault: (status: number, message?: string) =>
    new ApiError(status, {
      type: status < 500 ? 'invalid_request_error' : 'api_error',
      ...(status === 429 && { code: 'rate_limit' }),
      message:
        message ??
        (status === 429 ? 'Request rate limit exceeded.' : 'An error occurred on the sandbox, as asked for.'),
    }),
};
