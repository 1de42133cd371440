import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body's bytes as they came: what a webhook's signature is checked against. */
    rawBody?: Buffer;
  }
}

/** Route option: the body is not parsed, since its bytes are trusted only after a signature check. */
export const BYTES_ONLY = { bytesOnly: true } as const;

function wantsBytes(request: FastifyRequest): boolean {
  return 'bytesOnly' in request.routeOptions.config;
}

/** The largest body in bytes. */
const BODY_LIMIT = 256 * 1024;

/** Removes the content type of a request without a body: an unusual or unreadable one is no reason to refuse the request. */
export function dropTypeOfEmptyBody({ headers }: FastifyRequest): void {
  const length = headers['content-length'];
  if (headers['transfer-encoding'] === undefined && (length === undefined || Number(length) === 0))
    delete headers['content-type'];
}

/** Reads JSON bodies strictly (valid UTF-8), keeps their bytes, and takes an empty body of any type as none. */
export function readJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    parseJson,
  );
  fastify.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) => {
      request.rawBody = body;
      if (body.length > 0 && !wantsBytes(request))
        throw new AppError('payload.unsupported_type', { detail: 'Send application/json.' });
      return undefined;
    },
  );
}

async function parseJson(request: FastifyRequest, body: Buffer): Promise<unknown> {
  request.rawBody = body;
  if (body.length === 0 || wantsBytes(request)) return undefined;
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
