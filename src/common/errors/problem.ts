import { HttpException } from '@nestjs/common';
import { AppError, type FieldError } from './app-error.js';
import { ErrorCode } from './catalogue.js';

/** RFC 9457, with a stable `code` and the request's id. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  errors?: FieldError[];
}

/**
 * Bounds of an error body: the names of unknown fields are the client's, and one may be as long as the request. Lengths in
 * UTF-16 units.
 */
const MAX_FIELDS = 20;
const LONGEST_NAME = 200;
const LONGEST_DETAIL = 1_000;

const BY_STATUS: Partial<Record<number, ErrorCode>> = {
  400: 'request.malformed',
  401: 'auth.unauthenticated',
  404: 'route.not_found',
  405: 'route.method_not_allowed',
  413: 'payload.too_large',
  414: 'request.malformed',
  415: 'payload.unsupported_type',
  429: 'rate_limit.exceeded',
  503: 'service.unavailable',
};

/** Any thrown value as an error of the catalogue; an unknown one is `internal`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = statusOf(thrown);
  const code = (status && BY_STATUS[status]) || (status && status < 500 ? 'request.malformed' : 'internal');
  return new AppError(code, { cause: thrown });
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

export function toProblem(error: AppError, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: error.title,
    status: error.status,
    detail: cut(error.message, LONGEST_DETAIL),
    code: error.code,
    requestId,
    ...(error.errors && { errors: error.errors.slice(0, MAX_FIELDS).map(shorten) }),
  };
}

function shorten({ field, message }: FieldError): FieldError {
  return { field: cut(field, LONGEST_NAME), message: cut(message, LONGEST_DETAIL) };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}
