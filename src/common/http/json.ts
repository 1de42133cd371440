import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { requireSmallStructure } from './json-structure.js';
import { policyOf } from './route-policy.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes as they came: what a webhook's signature is checked against. */
    rawBody?: Buffer;
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/**
 * Refuses a compressed body before it is read, and removes the content type of a body that is not there: an unusual or
 * unreadable one is no reason to refuse the request.
 * @throws AppError `payload.unsupported_type`
 */
export function requireReadableBody(request: FastifyRequest): void {
  const { headers, method } = request;
  if (!hasBody(request)) delete headers['content-type'];
  else if (method !== 'GET' && method !== 'HEAD' && !isIdentity(headers['content-encoding']))
    throw new AppError('payload.unsupported_type', {
      detail: 'Send the body without Content-Encoding.',
      headers: { 'Accept-Encoding': 'identity' },
    });
}

function isIdentity(encoding = ''): boolean {
  return encoding.split(',').every((each) => ['', 'identity'].includes(each.trim().toLowerCase()));
}

/** Reads JSON bodies strictly (valid UTF-8), keeps their bytes, and takes an empty body of any type as none. */
export function readJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'buffer' },
    parseJson,
  );
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    request.rawBody = body;
    if (body.length > 0 && !policyOf(request).takesBytes)
      throw new AppError('payload.unsupported_type', { detail: 'Send application/json.' });
    return undefined;
  });
}

async function parseJson(request: FastifyRequest, body: Buffer): Promise<unknown> {
  request.rawBody = body;
  if (body.length === 0 || policyOf(request).takesBytes) return undefined;
  requireSmallStructure(body);
  const value = decode(body);
  // The validators treat an array, a text and null as an object without fields, which is a valid body of some routes.
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('validation.failed', { detail: 'The body must be a JSON object.' });
  return value;
}

function decode(body: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('request.malformed', { detail: 'The body is not valid JSON in UTF-8.', cause: error });
  }
}

/** Sends JSON that is text already. @param cache the value of `X-Cache`: whether the text came from a cache */
export function sendJson(
  reply: FastifyReply,
  { json, cache }: { json: string; cache?: 'HIT' | 'MISS' },
): void {
  if (cache) void reply.header('X-Cache', cache);
  void reply.type('application/json; charset=utf-8').send(json);
}
