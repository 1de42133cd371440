import autocannon from 'autocannon';
import { cpuTime } from '../support/process-tree.js';

/** Connections that ask again as soon as they were answered. */
export const CONNECTIONS = 50;

export interface Hit {
  method?: 'GET' | 'POST';
  path: string;
  token: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Somebody to press. */
export interface Contender {
  url: string;
  /** Of the processes that do the work. */
  pids: number[];
}

/** And what to ask next. */
export interface Target extends Contender {
  next: () => Hit;
  connections?: number;
  /** Told the headers of every answer. */
  heard?: (headers: Record<string, unknown>) => void;
}

/** How long in seconds, or how many requests exactly. */
export type Span = { duration: number } | { amount: number };

export interface Load {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Milliseconds of the target's processes for an answer: what is left of the speed when others use the machine too. */
  cpu: number;
  /** Answers other than 2xx, connections that failed, requests without an answer in 10 s. */
  refused: number;
}

/** Asks as fast as the answers come. */
export async function press(target: Target, span: Span): Promise<Load> {
  const { connections = CONNECTIONS, next, heard } = target;
  const used = () => target.pids.reduce((sum, pid) => sum + cpuTime(pid), 0);
  const before = used();
  const result = await autocannon({
    url: target.url,
    connections,
    ...span,
    // Only how soon the end is noticed, in milliseconds.
    sampleInt: 25,
    requests: [
      {
        setupRequest: (request) => ({ ...request, ...toRequest(next()) }),
        ...(heard && { onResponse: (_status, _body, _context, headers) => heard(headers ?? {}) }),
      },
    ],
  });
  return toLoad(result, used() - before);
}

function toLoad(result: autocannon.Result, cpuMs: number): Load {
  const { latency, '2xx': answers, non2xx, errors, start, finish } = result;
  return {
    perSecond: (1_000 * answers) / (finish.getTime() - start.getTime()),
    p50: latency.p50,
    p99: latency.p99,
    cpu: cpuMs / answers,
    refused: non2xx + errors,
  };
}

function toRequest({ method = 'GET', path, token, body, headers }: Hit): autocannon.Request {
  return {
    method,
    path,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}
