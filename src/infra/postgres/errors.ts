import { AppError } from '../../common/errors/app-error.js';

/** SQLSTATE classes and codes that speak of the server, not of the statement; 40: it gave a transaction up for another's sake. */
const SERVER_STATES = /^(08|40|53|57P0|57014|58|55006|25006)/;
const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);
const PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024']);
/** node-postgres and its pool throw plain errors without a code for these. */
const PLAIN =
  /timeout exceeded|timeout expired|Query read timeout|Connection terminated|not queryable|Can't reach database|server closed the connection/i;

/** Whether the database could not be asked, as against having refused. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  const text = typeof code === 'string' ? code : '';
  return (
    SERVER_STATES.test(text) ||
    SERVER_STATES.test(stateBehindPrisma(error)) ||
    CONNECTION_CODES.has(text) ||
    PRISMA_CODES.has(text) ||
    PLAIN.test(error.message) ||
    (error instanceof AggregateError && error.errors.some(isDatabaseUnavailable)) ||
    (cause instanceof Error && cause !== error && isDatabaseUnavailable(cause))
  );
}

/** Prisma has codes of its own, and keeps the server's SQLSTATE as the adapter met it. */
function stateBehindPrisma(error: Error): string {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } } };
  const state = meta?.driverAdapterError?.cause?.originalCode;
  return typeof state === 'string' ? state : '';
}

/** Turns "cannot be asked" into 503 `service.unavailable`; any other error passes as it is. */
export function throwUnavailable(error: unknown): never {
  if (isDatabaseUnavailable(error))
    throw new AppError('service.unavailable', { cause: error, retryAfter: 2 });
  throw error;
}
