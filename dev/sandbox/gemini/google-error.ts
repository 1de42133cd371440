/** An error as Google's APIs spell it: `{ error: { code, message, status, details } }`. */
export interface GoogleError {
  code: number;
  message: string;
  status: string;
  details?: Record<string, unknown>[];
}

const TYPE = 'type.googleapis.com/google.rpc.';
const METRIC = 'generativelanguage.googleapis.com/generate_content_free_tier_requests';

const STATUSES: Record<number, [status: string, message: string]> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  403: ['PERMISSION_DENIED', 'The caller does not have permission'],
  404: ['NOT_FOUND', 'Requested entity was not found.'],
  409: ['ABORTED', 'The operation was aborted.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'],
  499: ['CANCELLED', 'The operation was cancelled.'],
  500: ['INTERNAL', 'An internal error has occurred. Please retry.'],
  503: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  504: ['DEADLINE_EXCEEDED', 'The request timed out. Please try again.'],
};

/** The HTTP statuses that a directive may ask for. */
export const FAULT_STATUSES = Object.keys(STATUSES).map(Number);

export function googleError(code: number, message?: string): GoogleError {
  const [status, usual] = STATUSES[code] ?? ['UNKNOWN', 'Unknown error.'];
  return { code, message: message ?? usual, status };
}

export function badKey(): GoogleError {
  return {
    ...googleError(400, 'API key not valid. Please pass a valid API key.'),
    details: [
      {
        '@type': `${TYPE}ErrorInfo`,
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
    ],
  };
}

export function unknownModel(model: string, method: string): GoogleError {
  return googleError(
    404,
    `models/${model} is not found for API version v1beta, or is not supported for ${method}. ` +
      'Call ListModels to see the list of available models and their supported methods.',
  );
}

export interface Exhaustion {
  model: string;
  /** `shared`: the model has no capacity left for anyone, and no quota of the project is named. */
  quota: 'minute' | 'day' | 'shared';
  limit: number;
  /** Undefined leaves RetryInfo out. */
  retryMs?: number;
}

/** 429 as Google answers it: the wait is in RetryInfo, there is no Retry-After header. */
export function exhausted({ model, quota, limit, retryMs }: Exhaustion): GoogleError {
  const wait = retryMs === undefined ? '' : `\nPlease retry in ${retryMs / 1000}s.`;
  const retry =
    retryMs === undefined ? [] : [{ '@type': `${TYPE}RetryInfo`, retryDelay: `${retryMs / 1000}s` }];
  if (quota === 'shared') return { ...googleError(429), ...(retry.length > 0 && { details: retry }) };
  const violation = {
    quotaMetric: METRIC,
    quotaId: `GenerateRequestsPer${quota === 'day' ? 'Day' : 'Minute'}PerProjectPerModel-FreeTier`,
    quotaDimensions: { location: 'global', model },
    // A zero is the default of its field and so never on the wire: only the message tells it.
    ...(limit > 0 && { quotaValue: String(limit) }),
  };
  return {
    ...googleError(
      429,
      'You exceeded your current quota, please check your plan and billing details.\n' +
        `* Quota exceeded for metric: ${METRIC}, limit: ${limit}, model: ${model}${wait}`,
    ),
    details: [{ '@type': `${TYPE}QuotaFailure`, violations: [violation] }, ...retry],
  };
}
