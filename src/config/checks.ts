const NEEDED: Record<string, string[]> = {
  webhook: ['OTP_WEBHOOK_URL', 'OTP_WEBHOOK_SECRET'],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
};

/** What is wrong with the chosen way of delivering one-time codes, one line a setting. */
export function deliveryProblems(env: Record<string, string | undefined>): string[] {
  const needed = NEEDED[env.OTP_DELIVERY ?? ''] ?? [];
  const missing = needed
    .filter((name) => !env[name])
    .map((name) => `${name}: is required by OTP_DELIVERY=${env.OTP_DELIVERY}`);
  return [...missing, ...credentialsInUrl(env)];
}

/** fetch takes no such address, and its error, which is logged, would tell the password. */
function credentialsInUrl({ OTP_WEBHOOK_URL: url = '' }: Record<string, string | undefined>): string[] {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' };
  return username || password ? ['OTP_WEBHOOK_URL: cannot carry a user or password; the post is signed'] : [];
}

type Environment = Record<string, string | undefined>;

const PLACEHOLDER =
  /^(change[-_ ]?me|replace[-_ ]?me|secret|password|your[-_ ]|placeholder|example|todo|<)|_your|x{4}|_x{3}|sandbox|\.{3}/i;
const SECRETS = [
  'JWT_SECRET',
  'GEMINI_API_KEY',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_PRO_PRICE_ID',
  'OTP_WEBHOOK_SECRET',
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'TWILIO_FROM',
  'ADMIN_PASSWORD',
  'METRICS_TOKEN',
];

/** Secrets whose strength counts, by the characters that production wants at least. */
const GUARDED_SECRETS: Record<string, number> = {
  JWT_SECRET: 32,
  STRIPE_WEBHOOK_SECRET: 16,
  OTP_WEBHOOK_SECRET: 16,
  ADMIN_PASSWORD: 16,
  METRICS_TOKEN: 16,
};
/** Lists of secrets, for rotation. */
const LISTS = ['JWT_SECRET', 'STRIPE_WEBHOOK_SECRET'];

/** Of an address: a host or a password that stands for a real one. */
const PLACEHOLDER_HOST = /^(host|hostname|your[-_.].*|<.*)$/i;
const PLACEHOLDER_PASSWORD = /^(change[-_ ]?me|replace[-_ ]?me|your[-_ ].*|%3C.*|x{4,}|\*{3,})$/i;
const ADDRESSES = ['DATABASE_URL', 'DIRECT_DATABASE_URL', 'REDIS_URL', 'SMTP_URL'];

/** What a production process refuses to start with, one line a setting. Empty outside production. */
export function productionProblems(env: Environment): string[] {
  if (env.NODE_ENV !== 'production') return [];
  const placeholders = [
    ...ADDRESSES.filter((name) => isPlaceholderAddress(env[name])),
    ...SECRETS.filter((name) => isPlaceholder(env[name])),
  ];
  const problems = placeholders.map((name) => `${name}: is a placeholder; production needs a real one`);
  if (env.FAILPOINTS !== undefined)
    problems.push('FAILPOINTS: makes the process die on purpose; not in production');
  return [
    ...problems,
    ...weakSecrets(env, placeholders),
    ...publishableKey(env),
    ...believedProxies(env),
    ...undecidedDelivery(env),
    ...readableCodes(env),
  ];
}

/** @param known names that are refused already */
function weakSecrets(env: Environment, known: string[]): string[] {
  const secretsOf = (name: string) =>
    (LISTS.includes(name) ? env[name]?.split(',') : [env[name] ?? '']) ?? [];
  return Object.entries(GUARDED_SECRETS)
    .filter(
      ([name, least]) => !known.includes(name) && secretsOf(name).some((each) => isWeak(each.trim(), least)),
    )
    .map(([name, least]) => `${name}: wants at least ${least} characters in production, not a few repeated`);
}

/** Different characters of a secret; one made at random has more. */
const LEAST_VARIED = 5;

const isWeak = (secret: string, least: number) =>
  secret !== '' && ([...secret].length < least || new Set(secret).size < LEAST_VARIED);

function publishableKey({ STRIPE_SECRET_KEY }: Environment): string[] {
  return STRIPE_SECRET_KEY?.startsWith('pk_')
    ? ['STRIPE_SECRET_KEY: is a publishable key; the secret one begins with sk_ or rk_']
    : [];
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Codes must not travel in plain text over a network. */
function readableCodes({ OTP_WEBHOOK_URL: url = '' }: Environment): string[] {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  return protocol === 'http:' && !LOOPBACK.test(hostname)
    ? ['OTP_WEBHOOK_URL: wants https in production, except to this machine']
    : [];
}

/** Whoever is believed about `X-Forwarded-For` chooses the address that limits count. */
function believedProxies({ TRUST_PROXY }: Environment): string[] {
  return TRUST_PROXY === 'true'
    ? [
        'TRUST_PROXY: "true" believes every client; production wants the number of proxies in front, such as 1, or their addresses, such as 10.0.0.0/8',
      ]
    : [];
}

const isPlaceholder = (value = '') => value.split(',').some((each) => PLACEHOLDER.test(each.trim()));

function isPlaceholderAddress(value = ''): boolean {
  const { hostname, password } = URL.canParse(value) ? new URL(value) : { hostname: '', password: '' };
  return PLACEHOLDER_HOST.test(hostname) || PLACEHOLDER_PASSWORD.test(password);
}

/** What changes the timing for tests and is refused everywhere else, one line a setting. */
export function testOnlyProblems({ NODE_ENV, TIME_SCALE }: Environment): string[] {
  return TIME_SCALE === undefined || NODE_ENV === 'test'
    ? []
    : ['TIME_SCALE: shortens timeouts for tests; wants NODE_ENV=test'];
}

/** How one-time codes reach a person must be decided, not defaulted, in production. */
function undecidedDelivery({ OTP_DELIVERY, OTP_ALLOW_RESPONSE_IN_PRODUCTION }: Environment): string[] {
  if (!OTP_DELIVERY) return ['OTP_DELIVERY: is required (webhook or twilio)'];
  const allowed = ['true', '1'].includes(OTP_ALLOW_RESPONSE_IN_PRODUCTION ?? '');
  return OTP_DELIVERY === 'response' && !allowed
    ? ['OTP_DELIVERY: "response" shows codes to anyone; production needs webhook or twilio']
    : [];
}
