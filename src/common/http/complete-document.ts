import type { OpenAPIObject } from '@nestjs/swagger';
import { PUBLIC_EXTENSION } from './public.decorator.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & Record<`x-${string}`, unknown>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Says for every route who may ask, as the guard decides it, and describes what has no description. */
export function completeDocument(document: OpenAPIObject): OpenAPIObject {
  for (const path of Object.values(document.paths))
    for (const method of METHODS)
      if (path[method]) {
        complete(path[method] as Operation);
        offerBody(document, path[method].requestBody);
      }
  return document;
}

/**
 * An example of a body is what its fields' examples make of it. Without one the page invents a text for every
 * other field too, an email address "string" among them, and nothing can be tried out as it is offered.
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
  delete operation[PUBLIC_EXTENSION];
  for (const response of Object.values(operation.responses))
    if (response && 'description' in response) response.description ||= 'Done.';
}
