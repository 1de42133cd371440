import net from 'node:net';

/** A request as bytes, and whether the client stops speaking after them. */
export interface Sent {
  bytes: Buffer;
  half: boolean;
}

export interface Answer {
  status: number;
  /** Names in lower case, values in the order they came. */
  headers: Map<string, string[]>;
  body: string;
}

/** Milliseconds within which an answer must be complete. */
const PATIENCE = 15_000;

/**
 * Sends bytes to a process, and reads until it closes the connection.
 * @returns null when it closed without an answer
 * @throws Error when there is no whole answer in time
 */
export async function speak(url: string, { bytes, half }: Sent): Promise<Answer | null> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that has heard enough resets: what it answered before is what counts.
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), PATIENCE);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  if (half) socket.end();
  const begun = performance.now();
  await closed;
  clearTimeout(timer);
  if (performance.now() - begun >= PATIENCE) throw new Error(`no whole answer within ${PATIENCE} ms`);
  return parseAnswer(Buffer.concat(chunks));
}

/** The last answer in the bytes: what comes before it is `100 Continue`. */
function parseAnswer(bytes: Buffer): Answer | null {
  if (bytes.length === 0) return null;
  const end = bytes.indexOf('\r\n\r\n');
  const [line = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  if (end < 0 || !status) throw new Error(`no HTTP answer: ${bytes.toString('latin1').slice(0, 200)}`);
  if (status === 100) return parseAnswer(bytes.subarray(end + 4));
  const headers = new Map<string, string[]>();
  for (const header of lines) {
    const name = header.slice(0, header.indexOf(':')).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), header.slice(name.length + 1).trim()]);
  }
  const rest = bytes.subarray(end + 4);
  const chunked = headers.get('transfer-encoding')?.includes('chunked');
  return { status, headers, body: (chunked ? joinChunks(rest) : rest).toString() };
}

function joinChunks(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
