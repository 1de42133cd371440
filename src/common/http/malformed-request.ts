import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import type { Socket } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import { toProblem } from '../errors/problem.js';

/** `uri-host [ ":" port ]` (RFC 9110, section 7.2). */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/**
 * Refuses what Node accepts and HTTP does not (RFC 9112, sections 2.3 and 3.2): another version than HTTP/1.0 and HTTP/1.1, a
 * target that is no path, and a Host header that is missing, repeated or no host.
 * @throws AppError `request.malformed`
 */
export function requireHttp({ url, raw }: FastifyRequest): void {
  if (!['1.0', '1.1'].includes(raw.httpVersion)) refuse('Send HTTP/1.1.');
  requireOneHost(raw);
  if (!url.startsWith('/') && url !== '*')
    refuse('The target of the request is not a path or an http address.');
}

/**
 * Refuses a query that the router accepts and that has no certain meaning: its percent-encoding is broken or no UTF-8.
 * @throws AppError `request.malformed`
 */
export function requireReadable({ url }: FastifyRequest): void {
  const query = url.indexOf('?');
  if (query >= 0 && !isEncoded(url.slice(query))) refuse('The query is not valid percent-encoded UTF-8.');
}

/** Node keeps the first of several Host headers, and a proxy in front may have chosen by another. */
function requireOneHost({ rawHeaders, httpVersion }: IncomingMessage): void {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
  const [host] = hosts;
  if (host === undefined && httpVersion === '1.1') refuse('The Host header is missing.');
  if (hosts.length > 1) refuse('There is more than one Host header.');
  if (host !== undefined && !HOST.test(host)) refuse('The Host header is not a host.');
}

/**
 * The path and query of a request's target, which a proxy's client sends after a scheme and an authority (RFC 9112, section
 * 3.2.2): this server has the same resources under every authority.
 */
export function originForm({ url = '/' }: IncomingMessage): string {
  const [, target] = /^https?:\/\/[^/?#]+([^#]*)$/i.exec(url) ?? [];
  if (target === undefined) return url;
  return target.startsWith('/') ? target : `/${target}`;
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

const DETAILS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time.',
};

/** Responds to what is no HTTP, too slow, or has too large headers, in the form of every other error, and closes the connection. */
export function respondToMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = uuidv7();
  const detail = DETAILS[error.code ?? ''] ?? 'This is not a valid HTTP request.';
  const problem = toProblem(new AppError('request.malformed', { detail }), requestId);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} Bad Request`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    "Content-Security-Policy: default-src 'none'",
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
