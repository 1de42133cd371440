import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { dump } from 'js-yaml';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { describeHeaders } from '../common/http/openapi.js';
import { PUBLIC_EXTENSION, UNCOUNTED_EXTENSION } from '../common/auth-context.js';

const DESCRIPTION = `Sign in with a one-time code, open a chatroom, send a prompt, get Gemini's reply through the queue.

1. \`POST /auth/signup\`, \`POST /auth/send-otp\`, \`POST /auth/verify-otp\`
2. **Authorize** with the access token
3. \`POST /chatroom\`, then \`POST /chatroom/{id}/message\``;

/** Swagger UI at /docs, the OpenAPI document at /docs-json and /docs-yaml. */
export function serveDocs(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Gemini chat backend')
    .setDescription(DESCRIPTION)
    .setVersion('1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`, for operators' },
      'metrics',
    )
    .build();
  const document = once(() => completeDocument(SwaggerModule.createDocument(app, config)));
  SwaggerModule.setup('docs', app, document, {
    raw: false,
    useGlobalPrefix: false,
    customSiteTitle: 'Gemini chat backend',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
  // The module would serialise the document for every request, which anybody may send: 20 ms each.
  const serve = (path: string, type: string, text: () => string) => {
    app.getHttpAdapter().get(path, (_: unknown, reply: FastifyReply) => {
      void reply.type(type).send(text());
    });
  };
  serve(
    '/docs-json',
    'application/json; charset=utf-8',
    once(() => JSON.stringify(document())),
  );
  serve(
    '/docs-yaml',
    'application/yaml; charset=utf-8',
    once(() => dump(document(), { skipInvalid: true, noRefs: true })),
  );
}

/** Makes a value when it is first asked for, and keeps it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & Record<`x-${string}`, unknown>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const HEADERS = {
  'X-Request-Id': 'Of this request; a valid one that came with it is kept.',
  'Retry-After': 'Seconds.',
  'RateLimit-Limit': 'Requests a minute.',
  'RateLimit-Remaining': 'Requests left.',
  'RateLimit-Reset': 'Seconds until all are there again.',
};

/** Adds to every route who may call it, as the guard decides, the headers of its responses, and missing descriptions. */
function completeDocument(document: OpenAPIObject): OpenAPIObject {
  for (const path of Object.values(document.paths))
    for (const method of METHODS)
      if (path[method]) {
        complete(path[method] as Operation);
        if (method === 'get') dropBodyErrors(path[method]);
        offerBody(document, path[method].requestBody);
      }
  document.components = { ...document.components, headers: describeHeaders(HEADERS) };
  return document;
}

/** The headers of a response: those of every one, of a status, or of a route with a burst limit. */
function headersOf(status: string, isCounted: boolean): Record<string, { $ref: string }> {
  const names = Object.keys(HEADERS).filter((name) => {
    if (name.startsWith('RateLimit-')) return isCounted;
    return name === 'X-Request-Id' || ['429', '503'].includes(status);
  });
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** A GET's body is ignored: it causes no errors. */
function dropBodyErrors({ responses }: Pick<Operation, 'responses'>): void {
  for (const status of ['413', '415']) delete responses[status];
}

/**
 * Makes the example of a body from the examples of its fields. Without one the page invents a value for the other
 * fields too, such as the email address "string", and the request could not be sent as it is offered.
 */
function offerBody({ components }: OpenAPIObject, body: Operation['requestBody']): void {
  if (!body || !('content' in body)) return;
  for (const { schema } of Object.values(body.content)) {
    const name = schema && '$ref' in schema ? schema.$ref.split('/').pop() : undefined;
    const target = name ? components?.schemas?.[name] : undefined;
    if (!target || '$ref' in target) continue;
    const fields = Object.entries(target.properties ?? {}).flatMap(([key, field]) =>
      'example' in field ? [[key, field.example] as const] : [],
    );
    target.example ??= Object.fromEntries(fields);
  }
}

function complete(operation: Operation): void {
  operation.security ??= operation[PUBLIC_EXTENSION] === true ? [] : [{ bearer: [] }];
  if (operation[UNCOUNTED_EXTENSION] === true) delete operation.responses['429'];
  delete operation[PUBLIC_EXTENSION];
  delete operation[UNCOUNTED_EXTENSION];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!response || '$ref' in response) continue;
    response.description ||= 'Done.';
    response.headers = { ...response.headers, ...headersOf(status, '429' in operation.responses) };
  }
}
