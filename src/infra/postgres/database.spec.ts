import { isPooled } from './database.js';

const judge = (url: string, direct?: string, prepare = true) =>
  isPooled({ DATABASE_URL: url, DIRECT_DATABASE_URL: direct, DATABASE_PREPARED_STATEMENTS: prepare });

it('is so when migrations go to another server, or nothing may be prepared', () => {
  expect(judge('postgresql://u:p@db:6432/app', 'postgresql://u:p@db:5432/app')).toBe(true);
  expect(judge('postgresql://u:p@bouncer/app', 'postgresql://u:p@db/app')).toBe(true);
  expect(judge('postgresql://u:p@db/app', undefined, false)).toBe(true);
});

it('is not so for one server, however it is written', () => {
  expect(judge('postgresql://u:p@db/app')).toBe(false);
  expect(judge('postgresql://u:p@db/app', 'postgresql://owner:q@db:5432/app?sslmode=require')).toBe(false);
  expect(judge('postgres://u:p@db:5433/app', 'postgresql://u:p@db:5433/app')).toBe(false);
});
