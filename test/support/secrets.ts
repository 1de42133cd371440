import { createHash } from 'node:crypto';

/** What clients send and nobody may print; shorter values are words that a log may contain by chance. */
const SENT = /"(?:password|newPassword|currentPassword|refreshToken|content)":"((?:[^"\\]|\\.)*)"/g;
const SHORTEST = 12;
const SETTINGS = /SECRET|PASSWORD|TOKEN$|API_KEY/;

/** Secrets that are known by their looks: access tokens, refresh tokens, hashes of passwords, and of codes and tokens. */
const SHAPES = [
  /eyJ[\w-]{10,}\.[\w-]+/g,
  /(?<![\w-])[\w-]{86}(?![\w-])/g,
  /\$argon2\w*\$\S+/g,
  /(?<![\w/.-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{43}(?![\w/.-])/g,
];
/** A number of six digits that stands for itself. A process may have the number of a code. */
const CODE = /(?<![\w.:-]|"pid":)\d{6}(?![\w.-])/g;

const known = new Set<string>();
const codes = new Set<string>();
let leaks: string[] = [];

/** Remembers the secrets of a request's body, which need not be valid JSON. */
export function learnSent(body: unknown): void {
  if (typeof body === 'string') for (const [, value] of body.matchAll(SENT)) learn(value);
}

/** Remembers the secrets of an answer, or of a message to a person. */
export function learnIssued({ otp, refreshToken }: { otp?: unknown; refreshToken?: unknown }): void {
  if (typeof otp === 'string') codes.add(otp);
  if (typeof refreshToken === 'string') learn(createHash('sha256').update(refreshToken).digest('base64url'));
}

/** Remembers what a process is told and is to keep to itself. */
export function learnSettings(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env))
    if (SETTINGS.test(name)) value.split(',').forEach((each) => learn(each));
}

/** Looks for secrets in what a process printed; what is found is told by `requireNothingLeaked`. */
export function look(printed: string, where: string): void {
  const found = [
    ...SHAPES.flatMap((shape) => printed.match(shape) ?? []),
    ...(printed.match(CODE) ?? []).filter((code) => codes.has(code)),
    ...[...known].filter((secret) => printed.includes(secret)),
  ];
  for (const secret of new Set(found)) {
    const line = printed.split('\n').find((each) => each.includes(secret));
    leaks.push(`${where} printed the secret ${secret.slice(0, 200)} in: ${line?.slice(0, 1_000)}`);
  }
}

/** @throws Error when any process of this test file printed a secret; once */
export function requireNothingLeaked(): void {
  const found = leaks;
  leaks = [];
  if (found.length > 0) throw new Error(found.join('\n'));
}

function learn(value: unknown): void {
  if (typeof value === 'string' && value.length >= SHORTEST) known.add(value);
}
