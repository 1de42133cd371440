import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import type { Socket } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import { toProblem } from '../errors/problem.js';

/**
 * Refuses what the router accepts and what has no certain meaning: a query whose percent-encoding is broken or no UTF-8,
 * and a request of HTTP/1.1 without a Host header.
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
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
