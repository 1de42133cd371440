import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.js';

/** Headers of a response for the OpenAPI document. @param headers descriptions by name */
export function describeHeaders(headers: Record<string, string>) {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' as const } },
  ]);
  return Object.fromEntries(described) as Record<string, { description: string; schema: { type: 'string' } }>;
}

class FieldProblemDto {
  /** @example "mobile" */
  field!: string;
  /** @example "mobile must be a phone number" */
  message!: string;
}

/** Every error has this form (RFC 9457). `code` is stable: decide by it. */
class ProblemDto {
  /** @example "about:blank" */
  type!: string;
  title!: string;
  status!: number;
  /** What happened with this request, for the person. */
  detail!: string;
  /** @example "validation.failed" */
  code!: string;
  /** Of this request, as in `X-Request-Id`: quote it when you ask for help. */
  requestId!: string;
  /** The fields at fault, for `validation.failed`. */
  errors?: FieldProblemDto[];
}

/** The errors of every route: any request may have a query or a body that cannot be read or is not allowed, or be one too many. */
const ANY: ErrorCode[] = [
  'validation.failed',
  'request.malformed',
  'payload.too_large',
  'payload.unsupported_type',
  'rate_limit.exceeded',
  'internal',
  'service.unavailable',
];
const SIGNED_IN: ErrorCode[] = ['auth.unauthenticated', 'auth.token_expired'];

/** Documents the errors of a public route. @param codes those beside the errors that every route has */
export function ApiProblems(...codes: ErrorCode[]) {
  const all = [...new Set([...codes, ...ANY])];
  const statuses = new Set(all.map((code) => CATALOGUE[code][0]));
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...[...statuses].map((status) =>
      ApiResponse({ status, ...describe(all.filter((code) => CATALOGUE[code][0] === status)) }),
    ),
  );
}

/** Documents a route that wants a session: the bearer token and its errors. @param codes as for `ApiProblems` */
export function ApiSignedIn(...codes: ErrorCode[]) {
  return applyDecorators(ApiBearerAuth('bearer'), ApiProblems(...SIGNED_IN, ...codes));
}

function describe(codes: ErrorCode[]) {
  const schema = { $ref: getSchemaPath(ProblemDto) };
  const examples = Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]));
  return {
    description: codes.map((code) => `\`${code}\`: ${CATALOGUE[code][1]}`).join('  \n'),
    content: { 'application/problem+json': { schema, examples } },
  };
}

function exampleOf(code: ErrorCode): ProblemDto {
  const [status, title] = CATALOGUE[code];
  const requestId = '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d';
  return { type: 'about:blank', title, status, detail: title, code, requestId };
}
