import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';

/**
 * What the router lets pass and nobody could read for sure: a query whose percent-encoding is broken or no UTF-8, and
 * a request of HTTP/1.1 that does not say which host it means.
 * @throws AppError `request.malformed`
 */
export function requireReadable({ url, headers, raw }: FastifyRequest): void {
  if (headers.host === undefined && raw.httpVersion === '1.1') refuse('The Host header is missing.');
  const query = url.indexOf('?');
  if (query >= 0 && !isEncoded(url.slice(query))) refuse('The query is not valid percent-encoded UTF-8.');
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function refuse(detail: string): never {
  throw new AppError('request.malformed', { detail });
}
