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

  it('sends codes only where nobody can read them on their way', () => {
    const to = (url: string) => refused({ ...PRODUCTION, OTP_WEBHOOK_URL: url });
    for (const url of ['http://sms.example.dev/', 'http://127.0.0.1.nip.io/', 'http://localhost.acme.dev/'])
      expect([url, to(url)]).toEqual([url, ['OTP_WEBHOOK_URL']]);
    for (const url of [
      'http://127.0.0.1:9000/a',
      'http://localhost:9000',
      'http://[::1]:9000/',
      'https://sms.acme.dev',
    ])
      expect([url, to(url)]).toEqual([url, []]);
    expect(refused({ ...BASE, OTP_WEBHOOK_URL: 'http://sms.example.dev/' })).toEqual([]);
  });

  it('wants secrets of more than a few different characters', () => {
    for (const name of ['JWT_SECRET', 'ADMIN_PASSWORD', 'METRICS_TOKEN', 'STRIPE_WEBHOOK_SECRET'])
      expect(refused({ ...PRODUCTION, [name]: 'ab'.repeat(20) })).toEqual([name]);
  });

  it('wants the secret key of Stripe, not the publishable one', () => {
    expect(refused({ ...PRODUCTION, STRIPE_SECRET_KEY: 'pk_live_51abc' })).toEqual(['STRIPE_SECRET_KEY']);
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
