import { isPooled } from './connection-pool.js';

const pooled = (url: string, direct?: string, prepare = true) =>
  isPooled({ DATABASE_URL: url, DIRECT_DATABASE_URL: direct, DATABASE_PREPARED_STATEMENTS: prepare });

it('is so when migrations go to another server, or nothing may be prepared', () => {
  expect(pooled('postgresql://u:p@db:6432/app', 'postgresql://u:p@db:5432/app')).toBe(true);
  expect(pooled('postgresql://u:p@bouncer/app', 'postgresql://u:p@db/app')).toBe(true);
  expect(pooled('postgresql://u:p@db/app', undefined, false)).toBe(true);
});

it('is not so for one server, however it is written', () => {
  expect(pooled('postgresql://u:p@db/app')).toBe(false);
  expect(pooled('postgresql://u:p@db/app', 'postgresql://owner:q@db:5432/app?sslmode=require')).toBe(false);
  expect(pooled('postgres://u:p@db:5433/app', 'postgresql://u:p@db:5433/app')).toBe(false);
});
