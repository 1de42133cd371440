import { ApiDocument } from './document.js';
import type { Exchange } from './exchange.js';
import { INVARIANTS, judge } from './judge.js';

const ID = '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d';
const schema = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
const examples = { 'chatroom.not_found': {}, 'auth.unauthenticated': {}, 'quota.exceeded': {}, internal: {} };
const failure = { content: { 'application/problem+json': { examples } } };
const document = ApiDocument.of({
  components: { schemas: {} },
  paths: {
    '/room/{id}': {
      get: {
        security: [{ bearer: [] }],
        responses: {
          200: { content: { 'application/json': { schema } } },
          ...Object.fromEntries([401, 404, 429, 500].map((status) => [status, failure])),
        },
      },
    },
  },
});

/** A good exchange, but for what is said otherwise. */
function exchange(
  status: number,
  body: unknown,
  headers: Record<string, string | undefined> = {},
  more: Partial<Exchange> = {},
): Exchange {
  const usual: Record<string, string | undefined> = {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': 'mine',
    ...headers,
  };
  const sent = Object.entries(usual).flatMap(([name, value]) =>
    value ? [[name, [value]] as [string, string[]]] : [],
  );
  return {
    method: 'GET',
    operation: document.find('GET', '/room/1?x=y'),
    whole: true,
    signedIn: true,
    requestIds: ['mine'],
    answer: { status, headers: new Map(sent), body: typeof body === 'string' ? body : JSON.stringify(body) },
    twin: undefined,
    foreign: ['canary-of-another'],
    secrets: ['a-signing-key'],
    ...more,
  };
}

const problem = (status: number, code: string, more: object = {}) => ({
  type: 'about:blank',
  title: 'No',
  status,
  detail: 'No.',
  code,
  requestId: 'mine',
  ...more,
});
const missing = problem(404, 'chatroom.not_found');
const room = { id: ID };

const broken = (of: Exchange) => judge(of).map(({ invariant }) => invariant);

describe('the judge', () => {
  it('has nothing against good answers', () => {
    expect(judge(exchange(200, room))).toEqual([]);
    expect(judge(exchange(404, missing))).toEqual([]);
    expect(judge(exchange(404, missing, {}, { twin: exchange(404, missing).answer }))).toEqual([]);
    expect(judge({ ...exchange(200, room), answer: null, whole: false })).toEqual([]);
    const refused = exchange(401, problem(401, 'auth.unauthenticated'), { 'www-authenticate': 'Bearer' });
    expect(judge({ ...refused, signedIn: false })).toEqual([]);
  });

  const bad: [invariant: string, ...of: Exchange[]][] = [
    ['no server error', exchange(500, problem(500, 'internal'))],
    [
      'the form of an error',
      exchange(404, missing, { 'content-type': 'application/json' }),
      exchange(404, { ...missing, stack: 'here' }),
      exchange(404, { ...missing, detail: undefined }),
      exchange(404, { ...missing, errors: [{ field: 'a' }] }),
      exchange(404, 'Not Found'),
    ],
    [
      'status and code',
      exchange(404, { ...missing, status: 400 }),
      exchange(404, problem(404, 'quota.exceeded')),
    ],
    ['a declared code', exchange(404, problem(404, 'message.not_found'))],
    [
      'X-Request-Id',
      exchange(200, room, { 'x-request-id': undefined }),
      exchange(200, room, { 'x-request-id': 'another' }),
      exchange(404, { ...missing, requestId: 'another' }),
    ],
    ['Cache-Control', exchange(200, room, { 'cache-control': undefined })],
    [
      'Retry-After',
      exchange(429, problem(429, 'quota.exceeded')),
      exchange(429, problem(429, 'quota.exceeded'), { 'retry-after': '0' }),
    ],
    ['WWW-Authenticate', exchange(401, problem(401, 'auth.unauthenticated'))],
    [
      'nothing of the inside',
      exchange(404, { ...missing, detail: 'Error\n    at handler (/app/dist/main.js:1:1)' }),
      exchange(404, { ...missing, detail: 'SELECT id FROM message' }),
      exchange(200, { id: 'a-signing-key' }),
    ],
    [
      'a declared success',
      exchange(200, { id: 1 }),
      exchange(200, { ...room, passwordHash: 'x' }),
      exchange(201, room),
    ],
    [
      'nothing of others',
      exchange(200, { id: 'canary-of-another' }),
      exchange(200, room, { location: '/canary-of-another' }),
    ],
    ["another's is nobody's", exchange(404, missing, {}, { twin: exchange(401, missing).answer })],
    ['no way in without a session', exchange(200, room, {}, { signedIn: false })],
  ];

  it.each(bad)('sees a breach of: %s', (invariant, ...exchanges) => {
    for (const of of exchanges) expect(broken(of)).toContain(invariant);
  });

  it('knows an example of every breach', () => {
    expect(bad.map(([invariant]) => invariant)).toEqual(Object.keys(INVARIANTS));
    expect(broken({ ...exchange(200, room), answer: null })).toEqual(['an answer']);
  });
});
