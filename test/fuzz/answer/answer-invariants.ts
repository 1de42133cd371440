import { header, isJson, parse, type Exchange, type Invariant } from './exchange.js';

const VALID_ID = /^[\x21-\x7e]{1,128}$/;
/** What an answer says when it shows the inside of the house. */
const INSIDE =
  /\n\s+at |node_modules|\/dist\/|\bprisma\b|\bpg_|relation "|SELECT [\s\S]* FROM |INSERT INTO |ECONNREFUSED/i;
/** Pages for people and pages about the product: they hold nothing of anybody. */
const PUBLIC_PAGES = /^get \/(healthz|readyz|metrics)$/;

/** Every dependency is there: nothing may fail. */
export const noServerError: Invariant = ({ answer }) =>
  answer.status >= 500 ? `${answer.status} ${parse(answer)?.code ?? ''}` : undefined;

/** Every answer can be quoted, and a caller's own id is kept. */
export const requestId: Invariant = ({ answer, requestIds, method }) => {
  const told = header(answer, 'x-request-id');
  if (!told || !VALID_ID.test(told)) return `X-Request-Id is ${told ?? 'missing'}`;
  const [given] = requestIds;
  if (given !== undefined && requestIds.length === 1 && VALID_ID.test(given) && told !== given)
    return 'a valid X-Request-Id was not kept';
  const problem = answer.status >= 400 && method !== 'HEAD' ? parse(answer)?.requestId : told;
  return problem === told ? undefined : `requestId ${problem} is not X-Request-Id`;
};

/** What is somebody's is kept nowhere on the way. */
export const noStore: Invariant = ({ answer, operation }) => {
  const personal = operation && !PUBLIC_PAGES.test(operation.name) && answer.body !== '';
  if (!personal && answer.status < 400) return undefined;
  const caching = header(answer, 'cache-control') ?? '';
  return caching.includes('no-store') ? undefined : `Cache-Control is "${caching}"`;
};

/** Neither the inside of the house nor a key of it is shown. */
export const nothingInternal: Invariant = ({ answer, secrets }) => {
  const told = INSIDE.exec(answer.body)?.[0];
  if (told) return `the answer says "${told.trim()}"`;
  const all = JSON.stringify([answer.body, ...answer.headers.values()]);
  return secrets.some((secret) => all.includes(secret)) ? 'the answer holds a secret' : undefined;
};

/** A success is one that the document knows, and looks as it says. */
export const declaredSuccess: Invariant = ({ answer, operation, method }) => {
  if (answer.status >= 400 || !operation || method === 'HEAD') return undefined;
  const declared = operation.responses.get(answer.status);
  if (!declared) return `${operation.name} does not declare ${answer.status}`;
  if (answer.body === '' || !isJson(answer)) return undefined;
  const { json } = declared;
  if (!json) return `${operation.name} does not say what its JSON is like`;
  if (json(parse(answer))) return undefined;
  const [error] = json.errors ?? [];
  return `${operation.name}: ${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`;
};

/** Nobody reads what is another's, whatever they ask. */
export const nothingForeign: Invariant = ({ answer, foreign }) => {
  const all = JSON.stringify([answer.body, ...answer.headers.values()]);
  return foreign.some((canary) => all.includes(canary)) ? "the answer holds another's data" : undefined;
};

/** Another's thing is as good as none: the answer does not tell that it is there. */
export const foreignIsMissing: Invariant = ({ answer, twin }) => {
  if (twin === undefined) return undefined;
  const [one, other] = [outline(answer), outline(twin)];
  return one === other ? undefined : `another's: ${one}; nobody's: ${other}`;
};

function outline(answer: Exchange['answer']): string {
  if (!answer) return 'no answer';
  const { requestId: _, ...problem } = parse(answer) ?? {};
  return JSON.stringify([answer.status, problem]);
}

/** What wants a session is closed to whoever has none. */
export const closedDoor: Invariant = ({ answer, operation, signedIn }) =>
  operation?.secured && !signedIn && answer.status < 400
    ? `${operation.name} let somebody in without a session`
    : undefined;
