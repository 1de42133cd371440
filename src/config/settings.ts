import { isSupportedCountry } from 'libphonenumber-js/max';
import { z } from 'zod';
import { databaseUrl, redisUrl } from './addresses.js';
import { deliveryProblems, productionProblems, testOnlyProblems } from './checks.js';
import { normalizeEnvironment } from './environment.js';
import { failpointProblem } from './failpoints.js';
import { modelName, modelNames } from './model-name.js';
import {
  apiKey,
  url,
  duration,
  bool,
  list,
  port,
  seconds,
  httpUrl,
  int,
  factor,
  origins,
  apiPrefix,
  trustProxy,
} from './setting-types.js';

const jwtSecrets = list.refine((keys) => keys.length > 0 && keys.every((k) => Buffer.byteLength(k) >= 32), {
  message: 'every secret of the list needs at least 32 bytes',
});

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  PORT: port.default(3000),
  HOST: z.string().default('0.0.0.0'),
  WORKER_HEALTH_PORT: port.default(3001),
  SHUTDOWN_GRACE_SECONDS: int(0, 30).optional(),
  API_PREFIX: apiPrefix.default(''),
  PUBLIC_URL: httpUrl.optional(),
  CLIENT_URL: httpUrl.optional(),
  CORS_ORIGINS: origins.default([]),
  TRUST_PROXY: trustProxy.default('false'),
  DATABASE_URL: databaseUrl,
  DIRECT_DATABASE_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: int(1, 1_000).default(10),
  DATABASE_PREPARED_STATEMENTS: bool.default(true),
  REDIS_URL: redisUrl,
  REDIS_HOST: z.string().optional(),
  REDIS_PORT: port.optional(),
  REDIS_PASSWORD: z.string().optional(),
  REDIS_CLUSTER: bool.default(false),
  JWT_SECRET: jwtSecrets,
  ACCESS_TOKEN_TTL: duration.default(3_600),
  REFRESH_TOKEN_TTL: duration.default(30 * 86_400),
  SESSION_MAX_AGE: duration.default(180 * 86_400),
  MAX_SESSIONS_PER_USER: int(1, 10_000).default(100),
  OTP_DELIVERY: z.enum(['response', 'webhook', 'twilio']).optional(),
  OTP_ALLOW_RESPONSE_IN_PRODUCTION: bool.default(false),
  OTP_WEBHOOK_URL: url('http', 'https').optional(),
  OTP_WEBHOOK_SECRET: z.string().optional(),
  OTP_EXPIRATION_MINUTES: int(1).default(5),
  OTP_MAX_ATTEMPTS: int(1, 99).default(5),
  OTP_RESEND_SECONDS: int().default(30),
  OTP_MAX_SENDS_PER_IDENTITY_PER_HOUR: int(1).default(5),
  OTP_MAX_SENDS_PER_IDENTITY_PER_DAY: int(1).default(10),
  OTP_MAX_NEW_IDENTITIES_PER_DAY: int(1).default(5),
  OTP_MAX_SENDS_PER_HOUR: int(1).optional(),
  TWILIO_ACCOUNT_SID: apiKey.optional(),
  TWILIO_AUTH_TOKEN: apiKey.optional(),
  TWILIO_FROM: z.string().optional(),
  SMTP_URL: url('smtp', 'smtps').optional(),
  SMTP_FROM: z.string().default('Gemini chat <no-reply@localhost>'),
  DEFAULT_PHONE_REGION: z
    .string()
    .regex(/^[A-Z]{2}$/, 'wants a country code of two capital letters')
    .default('IN'),
  ALLOWED_PHONE_REGIONS: list
    .refine((regions) => regions.length > 0 && regions.every((region) => isSupportedCountry(region)), {
      message: 'wants country codes of two capital letters, such as IN,US',
    })
    .optional(),
  GEMINI_API_KEY: apiKey,
  GEMINI_MODEL: modelName.default('gemini-3.8-flash'),
  GEMINI_FALLBACK_MODEL: modelName.default('gemini-3.5-flash-lite'),
  GEMINI_ALLOWED_MODELS: modelNames.optional(),
  GEMINI_BASE_URL: httpUrl.default('https://generativelanguage.googleapis.com'),
  GEMINI_TIMEOUT_SECONDS: seconds.default(120),
  GEMINI_IDLE_TIMEOUT_SECONDS: seconds.default(30),
  GEMINI_MAX_RPM: int(1).optional(),
  GEMINI_MAX_OUTPUT_TOKENS: int(1).default(8192),
  GEMINI_SYSTEM_INSTRUCTION: z
    .string()
    .default('You are a helpful assistant. Answer clearly and briefly, in the language of the question.'),
  HISTORY_MAX_MESSAGES: int().default(20),
  HISTORY_MAX_TOKENS: int(1).default(100_000),
  RESPONSE_CACHE_TTL_SECONDS: int().default(600),
  RESPONSE_CACHE_SCOPE: z.enum(['user', 'global']).default('user'),
  REPLY_ATTEMPTS: int(1).default(5),
  WORKER_CONCURRENCY: int(1).default(20),
  MAX_RUNNING_REPLIES_PER_USER: int(1, 1_000).default(4),
  MAX_UNFINISHED_REPLIES_PER_USER: int(1, 100_000).default(50),
  MAX_UNFINISHED_REPLIES_PER_ROOM: int(1, 100_000).default(20),
  MAX_ROOMS_PER_USER: int(1, 1_000_000).default(5_000),
  BASIC_TIER_DAILY_PROMPT_LIMIT: int().default(5),
  PRO_TIER_DAILY_PROMPT_LIMIT: int(0).optional(),
  CHATROOM_LIST_CACHE_TTL_SECONDS: int().default(300),
  RATE_LIMIT_PER_MINUTE: int(1).default(300),
  AUTH_RATE_LIMIT_PER_MINUTE: int(1).default(30),
  BILLING_RATE_LIMIT_PER_MINUTE: int(1).default(10),
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: int(1).default(300),
  MAX_CONCURRENT_REQUESTS_PER_USER: int(1, 100_000).default(10),
  STRIPE_SECRET_KEY: apiKey,
  STRIPE_WEBHOOK_SECRET: list.pipe(z.array(z.string()).min(1)),
  STRIPE_PRO_PRICE_ID: z.string(),
  STRIPE_PUBLISHABLE_KEY: z.string().optional(),
  STRIPE_API_BASE: httpUrl.optional(),
  STRIPE_PAST_DUE_GRACE_DAYS: int().default(3),
  ADMIN_PASSWORD: z.string().optional(),
  METRICS_TOKEN: z.string().optional(),
  TIME_SCALE: factor.default(1),
  FAILPOINTS: z
    .string()
    .refine((list) => failpointProblem(list) === null, {
      error: ({ input }) => failpointProblem(String(input)) ?? '',
    })
    .optional(),
});

/** Every setting there is, as `.env.example` lists them. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

type Raw = z.infer<typeof schema>;

/** Every setting of both processes: validated once at boot, frozen, injected by this class. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the class is only the injection token of the type
export abstract class Settings {}
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface Settings extends Readonly<ReturnType<typeof complete>> {}

/** Fills in what follows from other settings. */
function complete(raw: Raw) {
  const production = raw.NODE_ENV === 'production';
  const publicUrl = raw.PUBLIC_URL ?? `http://localhost:${raw.PORT}`;
  return {
    ...raw,
    production,
    SHUTDOWN_GRACE_SECONDS: raw.SHUTDOWN_GRACE_SECONDS ?? (production ? 5 : 0),
    PUBLIC_URL: publicUrl,
    CLIENT_URL: raw.CLIENT_URL ?? publicUrl,
    OTP_DELIVERY: raw.OTP_DELIVERY ?? ('response' as const),
    GEMINI_ALLOWED_MODELS: raw.GEMINI_ALLOWED_MODELS ?? [raw.GEMINI_MODEL, raw.GEMINI_FALLBACK_MODEL],
  };
}

/**
 * Reads the settings from an environment.
 * @throws Error naming every missing, malformed or placeholder setting at once.
 */
export function loadSettings(environment: Record<string, string | undefined>): Settings {
  const env = normalizeEnvironment(environment);
  const result = schema.safeParse(env);
  const problems = result.success ? [] : problemsOf(result.error, env);
  problems.push(...deliveryProblems(env), ...productionProblems(env), ...testOnlyProblems(env));
  if (!result.success || problems.length > 0) {
    throw new Error(
      `The settings are not complete (see .env.example):\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
  }
  return Object.freeze(complete(result.data));
}

/**
 * Where the API is reached, for a command that runs before the other settings are there.
 * @throws Error when one of these is malformed
 */
export function loadAddress(environment: Record<string, string | undefined>) {
  const env = normalizeEnvironment(environment);
  const result = schema.pick({ PORT: true, API_PREFIX: true, PUBLIC_URL: true }).safeParse(env);
  if (result.success) return result.data;
  throw new Error(problemsOf(result.error, env).join('; '));
}

function problemsOf({ issues }: z.ZodError, env: Record<string, string | undefined>): string[] {
  return issues.map((issue) => `${issue.path.join('.')}: ${describe(issue, env)}`);
}

function describe(issue: z.core.$ZodIssue, env: Record<string, string | undefined>): string {
  return env[String(issue.path[0])] === undefined ? 'is required' : issue.message;
}
