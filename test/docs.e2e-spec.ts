import { System } from './support/system.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
/** What anybody may ask. Every other route wants a session. */
const PUBLIC = [
  /^post \/auth\/(signup|send-otp|verify-otp|login|refresh|forgot-password|reset-password)$/,
  /^post (\/subscription)?\/webhook\/stripe$/,
  /^get \/checkout\/(success|cancel)$/,
  /^get \/(healthz|readyz|metrics)$/,
];

describe('the OpenAPI document', () => {
  let system: System;
  let document: any;
  let operations: [name: string, operation: any][];

  beforeAll(async () => {
    system = await System.start({ workers: 0 });
    document = (await system.client().get('/docs-json')).body;
    operations = Object.entries<any>(document.paths).flatMap(([path, methods]) =>
      METHODS.filter((method) => methods[method]).map((method): [string, any] => [
        `${method} ${path}`,
        methods[method],
      ]),
    );
  });
  afterAll(() => system?.stop());

  const isPublic = (name: string) => PUBLIC.some((pattern) => pattern.test(name));
  const failing = (broken: (operation: any, name: string) => unknown) =>
    operations.filter(([name, operation]) => broken(operation, name)).map(([name]) => name);
  const codesOf = (operation: any): string[] =>
    Object.values<any>(operation.responses).flatMap((response) =>
      Object.keys(response.content?.['application/problem+json']?.examples ?? {}),
    );

  it('is OpenAPI 3.1 and knows the routes', () => {
    expect(document.openapi).toBe('3.1.0');
    const names = operations.map(([name]) => name);
    for (const name of ['post /auth/signup', 'get /chatroom', 'post /chatroom/{id}/message', 'get /readyz'])
      expect(names).toContain(name);
  });

  it('has a summary and a tag for every route', () => {
    expect(failing(({ summary }) => !summary)).toEqual([]);
    expect(failing(({ tags }) => !tags?.length)).toEqual([]);
  });

  it('wants the bearer token exactly where the product does', () => {
    expect(
      failing(({ security }, name) => !isPublic(name) && JSON.stringify(security) !== '[{"bearer":[]}]'),
    ).toEqual([]);
    expect(
      failing(({ security }, name) => isPublic(name) && security.some((one: any) => 'bearer' in one)),
    ).toEqual([]);
  });

  it('names the errors of every route, each with an example of the problem body', () => {
    for (const any of ['validation.failed', 'request.malformed', 'internal', 'service.unavailable'])
      expect(failing((operation) => !codesOf(operation).includes(any))).toEqual([]);
    expect(
      failing((operation, name) => !isPublic(name) && !codesOf(operation).includes('auth.unauthenticated')),
    ).toEqual([]);
    for (const code of ['payload.too_large', 'payload.unsupported_type'])
      expect(
        failing((operation, name) => codesOf(operation).includes(code) === name.startsWith('get ')),
      ).toEqual([]);
    expect(
      failing(
        (operation, name) =>
          name.includes('/chatroom/{id}') && !codesOf(operation).includes('chatroom.not_found'),
      ),
    ).toEqual([]);
    expect(
      failing((operation, name) => name.includes('{') && !/not_found/.test(codesOf(operation).join())),
    ).toEqual([]);
  });

  it('tells the headers of every answer', () => {
    const headers = ({ responses }: any, status: RegExp) =>
      Object.entries<any>(responses)
        .filter(([each]) => status.test(each))
        .map(([, response]) => Object.keys(response.headers ?? {}));
    const lacks = (operation: any, status: RegExp, name: string) =>
      headers(operation, status).some((names) => !names.includes(name));
    expect(failing((operation) => lacks(operation, /./, 'X-Request-Id'))).toEqual([]);
    expect(failing((operation) => lacks(operation, /429|503/, 'Retry-After'))).toEqual([]);
    expect(failing((operation, name) => !isPublic(name) && lacks(operation, /./, 'RateLimit-Limit'))).toEqual(
      [],
    );
    const prompt = document.paths['/chatroom/{id}/message'].post;
    for (const name of ['Location', 'X-Quota-Remaining', 'Idempotency-Replayed'])
      expect(lacks(prompt, /^20/, name)).toBe(false);
  });

  it('says which parameters may be left out', () => {
    const required = operations.flatMap(([name, { parameters = [] }]) =>
      parameters
        .filter((one: any) => one.required && one.in !== 'path')
        .map((one: any) => `${name} ${one.name}`),
    );
    expect(required).toEqual([
      'post /webhook/stripe Stripe-Signature',
      'post /subscription/webhook/stripe Stripe-Signature',
    ]);
    const keyed = operations.filter(([, { parameters = [] }]) =>
      parameters.some((one: any) => one.name === 'Idempotency-Key'),
    );
    expect(keyed.map(([name]) => name).sort()).toEqual([
      'post /chatroom',
      'post /chatroom/{id}/message',
      'post /chatroom/{id}/message/{messageId}/retry',
      'post /subscribe/pro',
      'post /subscription/pro',
      'post /subscription/subscribe/pro',
    ]);
    for (const name of ['post /chatroom', 'patch /chatroom/{id}', 'patch /user/me'])
      expect([name, operations.find(([each]) => each === name)?.[1].requestBody.required]).toEqual([
        name,
        false,
      ]);
  });

  it('has a success for every route', () => {
    expect(failing(({ responses }) => !Object.keys(responses).some((status) => /^2/.test(status)))).toEqual(
      [],
    );
  });

  it('says what every success that has a body is like', () => {
    const silent = ([status, { content }]: [string, any]) =>
      /^2/.test(status) && status !== '204' && !content;
    expect(failing(({ responses }) => Object.entries<any>(responses).some(silent))).toEqual([]);
  });

  it('describes no body by nothing', () => {
    const empty = (schema: any) => !schema || Object.keys(schema).length === 0;
    expect(
      failing(({ requestBody, responses }) =>
        [requestBody, ...Object.values<any>(responses)]
          .flatMap((body) => Object.values<any>(body?.content ?? {}))
          .some((media) => empty(media.schema)),
      ),
    ).toEqual([]);
    const properties = Object.entries<any>(document.components.schemas).flatMap(([name, schema]) =>
      Object.entries<any>(schema.properties ?? {}).map(([key, value]) => [`${name}.${key}`, value] as const),
    );
    const loose = ([, value]: readonly [string, any]) =>
      empty(value) ||
      (value.type === 'object' && !value.properties && !value.additionalProperties && !value.allOf);
    expect(properties.filter(loose).map(([name]) => name)).toEqual([]);
  });

  it('gives every required field of a request an example', () => {
    const bodies = operations.flatMap(([, { requestBody }]) =>
      Object.values<any>(requestBody?.content ?? {}),
    );
    const names = new Set(
      bodies.map(
        ({ schema }) =>
          String(schema?.$ref ?? '')
            .split('/')
            .pop() ?? '',
      ),
    );
    const missing = [...names].flatMap((name) =>
      Object.entries<any>(document.components.schemas[name]?.properties ?? {})
        .filter(([key]) => document.components.schemas[name].required?.includes(key))
        .filter(([, value]) => !('example' in value) && !('examples' in value) && !('enum' in value))
        .map(([key]) => `${name}.${key}`),
    );
    expect(missing).toEqual([]);
  });

  it('calls exactly the aliases deprecated', () => {
    expect(failing(({ deprecated }) => deprecated).sort()).toEqual([
      'get /subscribe/status',
      'post /subscription/pro',
      'post /subscription/subscribe/pro',
      'post /subscription/webhook/stripe',
    ]);
  });

  it('offers bodies that are accepted as they are', async () => {
    const { schemas } = document.components;
    expect(schemas.IdentityDto.example).toEqual({ mobile: '+919876543210' });
    const client = system.client();
    expect((await client.post('/auth/signup', schemas.SignUpDto.example)).status).toBe(201);
    const { body } = await client.post('/auth/send-otp', schemas.IdentityDto.example);
    const code = { ...schemas.VerifyOtpDto.example, otp: body.otp };
    expect((await client.post('/auth/verify-otp', code)).status).toBe(200);
  });

  it('is served as YAML and as a page too', async () => {
    expect((await system.client().get('/docs-yaml')).text).toContain('openapi: 3.1.0');
    expect((await system.client().get('/docs')).text).toContain('swagger-ui');
  });
});
