import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Client } from '../../support/client.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** What the document says of one method of one path. */
export interface Operation {
  /** Such as `post /chatroom/{id}/message`. */
  name: string;
  method: string;
  path: string;
  /** Wants a session. */
  secured: boolean;
  query: string[];
  /** An example of the body that is accepted, if it takes one. */
  example?: Record<string, unknown>;
  fields: string[];
  /** Of each status: the error codes it may carry, and what its JSON must be like. */
  responses: Map<number, { codes: Set<string>; json?: ValidateFunction; empty: boolean }>;
}

/** The product's own description, as the judge of its answers. */
export class ApiDocument {
  private constructor(readonly operations: Operation[]) {}

  static async read(client: Client): Promise<ApiDocument> {
    const { body } = await client.get('/docs-json');
    return ApiDocument.of(body);
  }

  static of(document: object): ApiDocument {
    return new ApiDocument(operationsOf(document));
  }

  /** The operation that a request's line means; undefined for one that the document does not know. */
  find(method: string, target: string): Operation | undefined {
    const segments = (target.split(/[?#]/, 1)[0] ?? '').split('/');
    const known = method === 'HEAD' ? 'get' : method.toLowerCase();
    const fitting = this.operations.filter(
      (operation) => operation.method === known && fits(operation.path.split('/'), segments),
    );
    return fitting.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  }
}

function fits(template: string[], segments: string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, at) => (part.startsWith('{') ? segments[at] !== '' : part === segments[at]))
  );
}

function operationsOf(document: any): Operation[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'api', components: closed(document.components) });
  return Object.entries<any>(document.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) =>
      toOperation(ajv, document, method, path, methods[method]),
    ),
  );
}

function toOperation(ajv: Ajv2020, document: any, method: string, path: string, described: any): Operation {
  const { $ref = '' } = described.requestBody?.content?.['application/json']?.schema ?? {};
  const body = document.components.schemas[String($ref).split('/').pop() ?? ''];
  const parameters: any[] = described.parameters ?? [];
  return {
    name: `${method} ${path}`,
    method,
    path,
    secured: described.security?.some((one: object) => 'bearer' in one) ?? false,
    query: parameters.filter((one) => one.in === 'query').map(({ name }) => String(name)),
    example: body?.example,
    fields: Object.keys(body?.properties ?? {}),
    responses: new Map(
      Object.entries<any>(described.responses).map(([status, response]) => [
        Number(status),
        toResponse(ajv, response),
      ]),
    ),
  };
}

function toResponse(ajv: Ajv2020, { content = {} }: any) {
  const schema = content['application/json']?.schema;
  return {
    codes: new Set(Object.keys(content['application/problem+json']?.examples ?? {})),
    json: schema && ajv.compile(JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"api#/'))),
    empty: Object.keys(content).length === 0,
  };
}

/** The same schema, but what it does not name must not be there: a field nobody declared is one that leaked. */
function closed(schema: any): any {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open = schema.type !== 'object' || !schema.properties || 'additionalProperties' in schema;
  return open ? copy : { ...copy, additionalProperties: false };
}
