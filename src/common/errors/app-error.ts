import { CATALOGUE, ErrorCode } from './catalogue.js';

export interface FieldError {
  field: string;
  message: string;
}

interface Options {
  /** For the user: what happened with this request, and what to do. No secret, no SQL. */
  detail?: string;
  errors?: FieldError[];
  /** Seconds; rounded up into `Retry-After`. Every 429 and 503 carries one. */
  retryAfter?: number;
  headers?: Record<string, string>;
  /** For the log only. */
  cause?: unknown;
}

/** The only error that is thrown for a client: a code of the catalogue and the details of this request. */
export class AppError extends Error {
  readonly status: number;
  readonly title: string;
  readonly errors?: FieldError[];
  readonly headers: Record<string, string>;

  constructor(
    readonly code: ErrorCode,
    readonly options: Options = {},
  ) {
    super(options.detail ?? CATALOGUE[code][1], { cause: options.cause });
    [this.status, this.title] = CATALOGUE[code];
    this.errors = options.errors;
    this.headers = { ...this.retryAfter(), ...this.challenge(), ...options.headers };
  }

  /** HTTP requires the header with every 401 (RFC 9110, section 11.6.1). */
  private challenge(): Record<string, string> {
    return this.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
  }

  private retryAfter(): Record<string, string> {
    if (this.status !== 429 && this.status !== 503) return {};
    return { 'Retry-After': String(Math.max(1, Math.ceil(this.options.retryAfter ?? 1))) };
  }
}
