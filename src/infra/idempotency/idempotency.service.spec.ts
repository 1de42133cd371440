import type { Database, Sql } from '../postgres/database.js';
import { IdempotencyService } from './idempotency.service.js';

const request = { userId: 'user', key: undefined, route: 'POST /chatroom', body: {} };

it('runs an effect without a key outside a transaction, and responds with its result', async () => {
  const transaction = jest.fn();
  const database = { query: jest.fn(), transaction } as unknown as Database;
  let used: Sql | undefined;
  const response = await new IdempotencyService(database).once(request, 201, async (sql) => {
    used = sql;
    return { id: 'room' };
  });
  expect(response).toEqual({ status: 201, body: '{"id":"room"}', replayed: false });
  expect(used).toBe(database);
  expect(transaction).not.toHaveBeenCalled();
});
