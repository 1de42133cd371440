import pg from 'pg';
import { AppError } from '../../common/errors/app-error.js';

/** SQLSTATE classes and codes about the server, not about the statement; 40: a transaction ended in favour of another. */
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

/** SQLSTATEs among these after which the server keeps the connection: it gave up or ended the statement alone. */
const CONNECTION_KEPT = /^(40|53|57014|55006)/;

/**
 * Whether the connection on which an error came is lost, or in an unknown state as after a timeout of the client.
 * @param error of node-postgres or Prisma, or the AppError made of it
 */
export function isConnectionLost(error: unknown): boolean {
  return isDatabaseUnavailable(error) && !CONNECTION_KEPT.test(stateOf(error));
}

/** The SQLSTATE of an error, or of what caused it; empty where the server gave none. */
function stateOf(error: unknown): string {
  const reason = error instanceof AppError ? error.cause : error;
  const { code } = (reason ?? {}) as { code?: unknown };
  return reason instanceof pg.DatabaseError && typeof code === 'string' ? code : '';
}

/** Whether PostgreSQL could not serve a statement, as against having refused it. */
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

/**
 * Throws an error on, as AppError `service.unavailable` where PostgreSQL could not serve the statement.
 * @throws AppError `service.unavailable`, or the error itself
 */
export function throwUnavailable(error: unknown): never {
  if (!(error instanceof AppError) && isDatabaseUnavailable(error))
    throw new AppError('service.unavailable', { cause: error, retryAfter: 2 });
  throw error;
}
