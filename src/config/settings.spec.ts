import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from './environment.js';
import { loadSettings } from './settings.js';

const KEY = 'a-signing-key-0123456789-0123456789';
const BASE = {
  DATABASE_URL: 'postgresql://localhost/app',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: KEY,
  GEMINI_API_KEY: 'AIza-real',
  STRIPE_SECRET_KEY: 'sk_live_51abc',
  STRIPE_WEBHOOK_SECRET: 'whsec_51abc0d9e8f7a',
  STRIPE_PRO_PRICE_ID: 'price_51abc',
};
const PRODUCTION = {
  ...BASE,
  NODE_ENV: 'production',
  OTP_DELIVERY: 'webhook',
  OTP_WEBHOOK_URL: 'https://sms.example.com/codes',
  OTP_WEBHOOK_SECRET: 'b7e1c9d04f6a8235',
};

/** What an environment is refused with; empty when it is not. */
function messageOf(env: Record<string, string | undefined>): string {
  try {
    loadSettings(env);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The names of the settings that an environment is refused for. */
const refused = (env: Record<string, string | undefined>) =>
  [...messageOf(env).matchAll(/^ {2}- (\w+)/gm)].map(([, name]) => name);

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(PRODUCTION).filter(([name]) => !names.includes(name)));

describe('settings', () => {
  it('have the documented defaults, and cannot be changed', () => {
    const settings = loadSettings(BASE);
    expect(settings).toMatchObject({
      PORT: 3000,
      PUBLIC_URL: 'http://localhost:3000',
      CLIENT_URL: 'http://localhost:3000',
      ACCESS_TOKEN_TTL: 3_600,
      REFRESH_TOKEN_TTL: 2_592_000,
      OTP_DELIVERY: 'response',
      GEMINI_ALLOWED_MODELS: ['gemini-3.8-flash', 'gemini-3.5-flash-lite'],
      BASIC_TIER_DAILY_PROMPT_LIMIT: 5,
      SHUTDOWN_GRACE_SECONDS: 0,
      production: false,
    });
    expect(settings.PRO_TIER_DAILY_PROMPT_LIMIT).toBeUndefined();
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('take an empty or blank value as unset', () => {
    expect(loadSettings({ ...BASE, PORT: '', GEMINI_MAX_RPM: '  ', PUBLIC_URL: '' }).PORT).toBe(3000);
    expect(refused({ ...BASE, JWT_SECRET: ' ' })).toEqual(['JWT_SECRET']);
  });

  it('follow the port where no URL is given', () => {
    expect(loadSettings({ ...BASE, PORT: '8080' }).PUBLIC_URL).toBe('http://localhost:8080');
    expect(loadSettings({ ...BASE, PUBLIC_URL: 'https://api.example.com/' }).CLIENT_URL).toBe(
      'https://api.example.com',
    );
  });

  it.each([
    ['15m', 900],
    ['1h', 3_600],
    ['30d', 2_592_000],
    ['45s', 45],
    ['90', 90],
  ])('read the time %s', (text, seconds) => {
    expect(loadSettings({ ...BASE, ACCESS_TOKEN_TTL: text }).ACCESS_TOKEN_TTL).toBe(seconds);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['WORKER_CONCURRENCY', '0'],
    ['DATABASE_POOL_SIZE', 'many'],
    ['GEMINI_TIMEOUT_SECONDS', '0'],
    ['ACCESS_TOKEN_TTL', '0'],
    ['ACCESS_TOKEN_TTL', '1 hour'],
    ['PRO_TIER_DAILY_PROMPT_LIMIT', 'unlimited'],
    ['DATABASE_URL', 'mysql://localhost/app'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_CLUSTER', 'maybe'],
    ['PUBLIC_URL', 'api.example.com'],
    ['DEFAULT_PHONE_REGION', 'India'],
    ['RESPONSE_CACHE_SCOPE', 'world'],
    ['OTP_DELIVERY', 'pigeon'],
    ['JWT_SECRET', `${KEY},short`],
    ['SHUTDOWN_GRACE_SECONDS', '31'],
  ])('refuse %s=%s, naming it', (name, value) => {
    expect(refused({ ...BASE, [name]: value })).toEqual([name]);
  });

  it('take a time scale in tests only', () => {
    expect(loadSettings({ ...BASE, NODE_ENV: 'test', TIME_SCALE: '0.25' }).TIME_SCALE).toBe(0.25);
    for (const TIME_SCALE of ['0', '-1', 'fast'])
      expect(refused({ ...BASE, NODE_ENV: 'test', TIME_SCALE })).toEqual(['TIME_SCALE']);
    for (const NODE_ENV of ['development', undefined])
      expect(refused({ ...BASE, NODE_ENV, TIME_SCALE: '1' })).toEqual(['TIME_SCALE']);
    expect(refused({ ...PRODUCTION, TIME_SCALE: '1' })).toEqual(['TIME_SCALE']);
  });

  it('rotate by lists: every key verifies, the first signs', () => {
    const settings = loadSettings({
      ...BASE,
      JWT_SECRET: `${KEY}-new , ${KEY}`,
      STRIPE_WEBHOOK_SECRET: 'a,b',
    });
    expect(settings.JWT_SECRET).toEqual([`${KEY}-new`, KEY]);
    expect(settings.STRIPE_WEBHOOK_SECRET).toEqual(['a', 'b']);
  });

  it('never repeat a refused value, which may be a secret', () => {
    expect(messageOf({ ...BASE, JWT_SECRET: 'hunter2', REDIS_URL: 'hunter3' })).not.toMatch(/hunter/);
  });
});

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
    expect(refused({ ...BASE, [name]: value })).toEqual([name]);
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
    expect(refused({ ...BASE, REDIS_URL: '', REDIS_HOST: 'cache', REDIS_PORT: 'x' })).toContain('REDIS_PORT');
  });
});

describe('production', () => {
  it('starts with real settings', () => {
    expect(loadSettings(PRODUCTION)).toMatchObject({ production: true, SHUTDOWN_GRACE_SECONDS: 5 });
  });

  it('names everything that is missing at once', () => {
    expect(refused({ NODE_ENV: 'production' }).sort()).toEqual([...Object.keys(BASE), 'OTP_DELIVERY'].sort());
  });

  it('names every placeholder at once', () => {
    const placeholders = {
      JWT_SECRET: `${KEY},change-me-change-me-change-me-change-me`,
      GEMINI_API_KEY: 'your-gemini-key',
      STRIPE_SECRET_KEY: 'sk_test_xxx',
      STRIPE_WEBHOOK_SECRET: 'whsec_...',
      STRIPE_PRO_PRICE_ID: 'price_sandbox_pro',
      ADMIN_PASSWORD: 'changeme',
      TWILIO_ACCOUNT_SID: 'ACxxxxxxxxxxxxxxxx',
      DATABASE_URL: 'postgresql://user:password@host:5432/database',
      REDIS_URL: 'redis://:your-password@cache:6379',
    };
    expect(refused({ ...PRODUCTION, ...placeholders }).sort()).toEqual(Object.keys(placeholders).sort());
    expect(refused({ ...BASE, ...placeholders })).toEqual([]);
  });

  it.each([
    ['ADMIN_PASSWORD', 'a'],
    ['ADMIN_PASSWORD', 'fifteen letters'],
    ['ADMIN_PASSWORD', 'a'.repeat(40)],
    ['METRICS_TOKEN', 'token-of-15-let'],
    ['OTP_WEBHOOK_SECRET', 'b7e1c9'],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_0123456789abcdef,whsec_short'],
    ['JWT_SECRET', 'j'.repeat(64)],
    ['JWT_SECRET', `${KEY},${'0'.repeat(32)}`],
  ])('refuses a weak secret: %s=%s', (name, value) => {
    expect(refused({ ...PRODUCTION, [name]: value })).toEqual([name]);
    expect(messageOf({ ...PRODUCTION, [name]: value })).not.toContain(`=${value}`);
    expect(refused({ ...BASE, [name]: name === 'JWT_SECRET' ? KEY : value })).toEqual([]);
  });

  it('does not show codes to anyone, unless that is said twice', () => {
    const shown = { ...PRODUCTION, OTP_DELIVERY: 'response' };
    expect(refused(shown)).toEqual(['OTP_DELIVERY']);
    expect(refused({ ...shown, OTP_ALLOW_RESPONSE_IN_PRODUCTION: 'true' })).toEqual([]);
  });

  it('wants what the chosen delivery needs', () => {
    expect(refused(without('OTP_WEBHOOK_URL', 'OTP_WEBHOOK_SECRET'))).toEqual([
      'OTP_WEBHOOK_URL',
      'OTP_WEBHOOK_SECRET',
    ]);
    const names = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'];
    expect(refused({ ...PRODUCTION, OTP_DELIVERY: 'twilio' })).toEqual(names);
    const open = { ...PRODUCTION, OTP_WEBHOOK_URL: 'https://me:my-password@sms.example.com' };
    expect(refused(open)).toEqual(['OTP_WEBHOOK_URL']);
    expect(messageOf(open)).not.toContain('my-password');
    expect(refused({ ...BASE, OTP_DELIVERY: 'twilio' })).toEqual(names);
  });
});

describe('CORS_ORIGINS', () => {
  const read = (origins: string) => loadSettings({ ...BASE, CORS_ORIGINS: origins }).CORS_ORIGINS;

  it.each([
    ['https://chat.example.com/', 'https://chat.example.com'],
    ['HTTPS://Chat.Example.COM', 'https://chat.example.com'],
    ['https://chat.example.com:443', 'https://chat.example.com'],
    ['http://localhost:5173/', 'http://localhost:5173'],
    ['http://[::1]:80', 'http://[::1]'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['capacitor://localhost/', 'capacitor://localhost'],
    ['chrome-extension://abcdefgh', 'chrome-extension://abcdefgh'],
    ['*', '*'],
  ])('read %s as a browser writes it', (given, origin) => {
    expect(read(`${given}, https://other.example`)).toEqual([origin, 'https://other.example']);
  });

  it.each([
    'https://chat.example.com/app',
    'https://chat.example.com/?a',
    'https://chat.example.com#a',
    'https://*.example.com',
    'https://user@chat.example.com',
    'chat.example.com',
    'localhost:5173',
    'null',
    'https://',
  ])('name what is no origin at the start: %s', (origin) => {
    expect(refused({ ...BASE, CORS_ORIGINS: `https://ok.example,${origin}` })).toEqual(['CORS_ORIGINS']);
  });
});

describe('TRUST_PROXY', () => {
  it.each(['true', 'false', '0', '2', '10.0.0.1', '10.0.0.0/8, ::1', 'loopback,fc00::/7'])(
    'may be %s',
    (value) => {
      expect(loadSettings({ ...BASE, TRUST_PROXY: value }).TRUST_PROXY).toBe(value);
    },
  );

  it.each(['yes', '1.5', '-1', '10.0.0.0/33', '10.0.0.0/0', '10.0.0/8', 'proxy.example.com', '1,2'])(
    'cannot be %s',
    (value) => expect(refused({ ...BASE, TRUST_PROXY: value })).toEqual(['TRUST_PROXY']),
  );

  it('does not believe everybody in production, which names the alternatives', () => {
    const message = messageOf({ ...PRODUCTION, TRUST_PROXY: 'true' });
    expect(message).toMatch(/TRUST_PROXY: .*number of proxies.*addresses/);
    expect(refused({ ...PRODUCTION, TRUST_PROXY: '1' })).toEqual([]);
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
