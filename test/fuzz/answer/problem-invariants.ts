import { CATALOGUE } from '../../../src/common/errors/catalogue.js';
import { header, parse, type Exchange, type Invariant } from './exchange.js';

/** What any request can be told before a route has it, or by whatever reads it. */
const GENERAL = [
  ...['request.malformed', 'route.not_found', 'route.method_not_allowed'],
  ...['payload.too_large', 'payload.unsupported_type'],
];
const FIELDS = ['type', 'title', 'status', 'detail', 'code', 'requestId'];

const failed = ({ answer, method }: Exchange) => (answer?.status ?? 0) >= 400 && method !== 'HEAD';

/** An error has the one form, and nothing beside it. */
export const problemForm: Invariant = (exchange) => {
  const { answer } = exchange;
  if (!failed(exchange)) return undefined;
  const type = header(answer, 'content-type');
  if (type !== 'application/problem+json') return `an error is ${type ?? 'of no type'}`;
  const problem = parse(answer);
  if (typeof problem !== 'object' || problem === null) return 'an error is no JSON object';
  const names = Object.keys(problem).filter((name) => name !== 'errors');
  if (names.sort().join() !== [...FIELDS].sort().join()) return `an error has the fields ${names.join()}`;
  const words = FIELDS.filter((name) => name !== 'status');
  if (words.some((name) => typeof problem[name] !== 'string')) return 'a field of an error is no text';
  return badErrors(problem.errors);
};

function badErrors(errors: unknown): string | undefined {
  if (errors === undefined) return undefined;
  const good = ({ field, message, ...rest }: any) =>
    typeof field === 'string' && typeof message === 'string' && Object.keys(rest).length === 0;
  return Array.isArray(errors) && errors.length > 0 && errors.every(good)
    ? undefined
    : '`errors` is malformed';
}

/** The status and the code belong together, and the body says the status that the line says. */
export const sameStatus: Invariant = (exchange) => {
  if (!failed(exchange)) return undefined;
  const { status } = exchange.answer;
  const { status: told, code } = parse(exchange.answer) ?? {};
  if (told !== status) return `the body says ${told}, the status line ${status}`;
  const known = CATALOGUE[code as keyof typeof CATALOGUE];
  return known?.[0] === status ? undefined : `${code} is no code of ${status}`;
};

/** Clients may rely on the document: a code that it does not name is a surprise. */
export const declaredCode: Invariant = (exchange) => {
  const { operation, answer } = exchange;
  if (!failed(exchange) || !operation) return undefined;
  const code = parse(answer)?.code;
  const declared = operation.responses.get(answer.status)?.codes.has(code);
  return declared || GENERAL.includes(code) ? undefined : `${operation.name} does not declare ${code}`;
};

/** Whoever is to come again is told when. */
export const retryAfter: Invariant = ({ answer }) => {
  if (answer.status !== 429 && answer.status !== 503) return undefined;
  const seconds = header(answer, 'retry-after') ?? '';
  return /^[1-9]\d*$/.test(seconds) ? undefined : `${answer.status} with Retry-After "${seconds}"`;
};

/** Whoever is turned away is told how to come in. */
export const challenge: Invariant = ({ answer }) => {
  if (answer.status !== 401) return undefined;
  return /^Bearer\b/.test(header(answer, 'www-authenticate') ?? '') ? undefined : '401 without a challenge';
};
