import pg from 'pg';
import { AppError } from '../../common/errors/app-error.js';
import { isConnectionLost, isDatabaseUnavailable } from './errors.js';

const error = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const behindPrisma = (code: string, originalCode: string) =>
  Object.assign(error(code), { meta: { driverAdapterError: { cause: { originalCode } } } });

describe('isDatabaseUnavailable', () => {
  it.each([
    ['a refused connection', error('ECONNREFUSED')],
    ['several refused connections', new AggregateError([error('ECONNREFUSED')])],
    ['a server that shuts down', error('57P01')],
    ['a server that recovers', error('57P03')],
    ['too many connections', error('53300')],
    ['a statement that took too long', error('57014')],
    ['a transaction given up for another', error('40P01')],
    ['a read that timed out', new Error('Query read timeout')],
    ['a connection that broke', new Error('Connection terminated unexpectedly')],
    ['a server that starts, behind Prisma', behindPrisma('P2039', '57P03')],
    ['a transaction given up for another, behind Prisma', behindPrisma('P2034', '40P01')],
    ['what hides behind another error', new Error('outer', { cause: error('08006') })],
  ])('is true for %s', (_, thrown) => expect(isDatabaseUnavailable(thrown)).toBe(true));

  it.each([
    ['a unique violation', error('23505')],
    ['a unique violation behind Prisma', behindPrisma('P2002', '23505')],
    ['a syntax error', error('42601')],
    ['an error of ours', new Error('no such thing')],
    ['nothing', undefined],
  ])('is false for %s', (_, thrown) => expect(isDatabaseUnavailable(thrown)).toBe(false));
});

describe('isConnectionLost', () => {
  const fromServer = (code: string) => Object.assign(new pg.DatabaseError('x', 1, 'error'), { code });

  it.each([
    ['a refused connection', error('ECONNREFUSED')],
    ['a timeout of the client', new Error('Query read timeout')],
    ['a server that shuts down', fromServer('57P01')],
    ['a server that takes no writes any more', fromServer('25006')],
    ['the response to a client', new AppError('service.unavailable', { cause: error('ECONNRESET') })],
  ])('is true for %s', (_, thrown) => expect(isConnectionLost(thrown)).toBe(true));

  it.each([
    ['a statement that the server ended', fromServer('57014')],
    ['a deadlock', fromServer('40P01')],
    ['the response to a client', new AppError('service.unavailable', { cause: fromServer('57014') })],
    ['a unique violation', fromServer('23505')],
    ['a refusal of ours', new AppError('quota.exceeded')],
  ])('is false for %s', (_, thrown) => expect(isConnectionLost(thrown)).toBe(false));
});
