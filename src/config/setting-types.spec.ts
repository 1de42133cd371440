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
    expect(() => read(`https://ok.example,${origin}`)).toThrow(/^ {2}- CORS_ORIGINS: /m);
  });
});

describe('TRUST_PROXY', () => {
  const read = (value: string, more = {}) =>
    loadSettings({ ...BASE, ...more, TRUST_PROXY: value }).TRUST_PROXY;

  it.each(['true', 'false', '0', '2', '10.0.0.1', '10.0.0.0/8, ::1', 'loopback,fc00::/7'])(
    'may be %s',
    (value) => {
      expect(read(value)).toBe(value);
    },
  );

  it.each(['yes', '1.5', '-1', '10.0.0.0/33', '10.0.0.0/0', '10.0.0/8', 'proxy.example.com', '1,2'])(
    'cannot be %s',
    (value) => expect(() => read(value)).toThrow(/^ {2}- TRUST_PROXY: /m),
  );

  it('does not believe everybody in production, which names the alternatives', () => {
    const production = {
      NODE_ENV: 'production',
      OTP_DELIVERY: 'webhook',
      OTP_WEBHOOK_URL: 'https://sms.example.com/codes',
      OTP_WEBHOOK_SECRET: 'b7e1c9d04f6a8235',
    };
    expect(() => read('true', production)).toThrow(/TRUST_PROXY: .*number of proxies.*addresses/);
    expect(read('1', production)).toBe('1');
  });
});

describe('API_PREFIX', () => {
  const read = (API_PREFIX: string) => loadSettings({ ...BASE, API_PREFIX }).API_PREFIX;

  it.each([
    ['', ''],
    ['/api/v1/', 'api/v1'],
    ['v1.2', 'v1.2'],
    ['docs2', 'docs2'],
  ])('%j is %j', (given, prefix) => expect(read(given)).toBe(prefix));

  it.each([':x', '*', 'a//b', 'a b', '..', 'api/../x', 'docs', 'healthz/v1', 'a?b', 'é'])(
    '%j is refused',
    (given) => expect(() => read(given)).toThrow(/^ {2}- API_PREFIX: /m),
  );
});
