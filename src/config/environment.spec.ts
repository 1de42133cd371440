import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from './environment.js';
import { loadSettings } from './settings.js';

const BASE = {
  DATABASE_URL: 'postgresql://localhost/app',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'a-signing-key-0123456789-0123456789',
  GEMINI_API_KEY: 'AIza-real',
  STRIPE_SECRET_KEY: 'sk_live_51abc',
  STRIPE_WEBHOOK_SECRET: 'whsec_51abc0d9e8f7a',
  STRIPE_PRO_PRICE_ID: 'price_51abc',
};

describe('names of similar services', () => {
  it('are read, and ours win', () => {
    const env = { ...BASE, GEMINI_API_KEY: '', STRIPE_PRO_PRICE_ID: '' };
    const aliases = {
      GOOGLE_GEMINI_API_KEY: 'g',
      STRIPE_PRICE_ID: 'p',
      BACKEND_URL: 'https://b.example.com',
    };
    const tolerated = { STRIPE_PRODUCT_ID: 'prod_1', PASSWORD_SALT_ROUNDS: '10' };
    const theirs = loadSettings({ ...env, ...aliases, ...tolerated });
    expect([theirs.GEMINI_API_KEY, theirs.STRIPE_PRO_PRICE_ID, theirs.PUBLIC_URL]).toEqual([
      'g',
      'p',
      aliases.BACKEND_URL,
    ]);
    expect(loadSettings({ ...BASE, ...aliases }).GEMINI_API_KEY).toBe('AIza-real');
    expect(
      loadSettings({ ...env, ...aliases, STRIPE_PRICE_ID: '', STRIPE_PRO_PLAN_PRICE_ID: 'q' })
        .STRIPE_PRO_PRICE_ID,
    ).toBe('q');
  });

  it('make one address of PG_* and of REDIS_*, whatever the password holds', () => {
    const settings = loadSettings({
      ...BASE,
      DATABASE_URL: '',
      REDIS_URL: '',
      ...{ PG_HOST: '::1', PG_PORT: '5433', PG_USER: 'app', PG_PASSWORD: 'p@ss/w:rd%', PG_DATABASE: 'chat' },
      ...{ REDIS_HOST: 'cache', REDIS_PORT: '6380', REDIS_PASSWORD: 'a#b@c' },
    });
    expect(settings.DATABASE_URL).toBe('postgresql://app:p%40ss%2Fw%3Ard%25@[::1]:5433/chat');
    expect(settings.REDIS_URL).toBe('redis://:a%23b%40c@cache:6380');
    const whole = loadSettings({ ...BASE, PG_HOST: 'other', REDIS_HOST: 'other' });
    expect([whole.DATABASE_URL, whole.REDIS_URL]).toEqual([BASE.DATABASE_URL, BASE.REDIS_URL]);
  });

  it('may lead to a socket, with a user and without a host', () => {
    const socket = 'postgresql://app:p%40ss@/chat?host=/cloudsql/project:region:instance';
    const settings = loadSettings({
      ...BASE,
      DATABASE_URL: socket,
      REDIS_URL: 'unix:///run/redis.sock?db=1',
    });
    expect(settings.DATABASE_URL).toBe(socket.replace('@/', '@localhost/'));
    expect(settings.REDIS_URL).toBe('unix:///run/redis.sock?db=1');
  });

  it.each([
    ['DATABASE_URL', 'postgresql://app:p#ss@db/chat'],
    ['DATABASE_URL', 'postgresql://app:p@one:5432,two:5432/chat'],
    ['DIRECT_DATABASE_URL', 'mysql://db/chat'],
    ['REDIS_URL', 'redis://:100%@cache:6379'],
    ['REDIS_URL', 'redis:///run/redis.sock'],
    ['REDIS_URL', 'unix://'],
  ])('are refused where a part would be read as another or not at all: %s %s', (name, value) => {
    expect(() => loadSettings({ ...BASE, [name]: value })).toThrow(new RegExp(`^ {2}- ${name}: `, 'm'));
  });

  it('are not what Kubernetes sets for a service that is named as a setting begins', () => {
    const links = {
      REDIS_PORT: 'tcp://10.0.0.7:6379',
      PG_PORT: 'tcp://10.0.0.8:5432',
      WORKER_HEALTH_PORT: 'tcp://10.0.0.9:80',
    };
    expect(loadSettings({ ...BASE, ...links })).toMatchObject({
      REDIS_URL: BASE.REDIS_URL,
      WORKER_HEALTH_PORT: 3001,
    });
  });

  it('name the piece that makes no address', () => {
    const pieces = { REDIS_URL: '', REDIS_HOST: 'cache', REDIS_PORT: 'x' };
    expect(() => loadSettings({ ...BASE, ...pieces })).toThrow(/^ {2}- REDIS_PORT: /m);
  });
});

describe('the .env file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, '.env'), 'PORT=4000\nHOST="0.0.0.0"\nLOG_LEVEL=\n');

  it('is read under the environment, where empty is unset too', () => {
    expect(readEnvironment({ HOST: '127.0.0.1', PORT: '' }, folder)).toEqual({
      PORT: '4000',
      HOST: '127.0.0.1',
    });
  });

  it('is left alone by the tests, and may be missing', () => {
    expect(readEnvironment({ NODE_ENV: 'test' }, folder)).toEqual({ NODE_ENV: 'test' });
    expect(readEnvironment({ HOST: 'h' }, join(folder, 'nowhere'))).toEqual({ HOST: 'h' });
  });
});
