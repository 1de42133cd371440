export interface RawRequest {
  method?: string;
  path: string;
  /** The address of the client, as a trusted proxy tells it. */
  from: string;
  token?: string;
  headers?: Record<string, string>;
  /** JSON, or text that is sent as it is. */
  body?: unknown;
}

/** A request as the attacker sends it: bytes as latin1, on a connection that the server closes after its answer. */
export function rawRequest({ method = 'GET', path, from, token, headers = {}, body }: RawRequest): string {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const bytes = Buffer.from(text);
  const lines = {
    Host: 'localhost',
    Connection: 'close',
    'X-Forwarded-For': from,
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }),
    ...headers,
  };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${bytes.toString('latin1')}`;
}

/** A JSON body of about 250 kB with 83,000 values, after the fields that are given. */
export function manyValues(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ ...fields, values: Array.from({ length: 83_000 }, (_, at) => (at % 90) + 10) });
}
