import { gzipSync } from 'node:zlib';
import type { ServerResponse } from 'node:http';
import { generate, useGeminiSandbox } from './support/gemini-call.js';
import { until } from './support/gemini-sdk.js';
import { RawServer } from './support/raw-server.js';

useGeminiSandbox();
const server = RawServer.use();
const ask = (times: { idleTimeoutMs?: number; timeoutMs?: number } = {}) =>
  generate('hi', {}, { baseUrl: server.url, ...times });

const chunk = (text: string, finishReason?: string, more: object = {}) => ({
  candidates: [
    { content: { role: 'model', parts: [{ text }] }, ...(finishReason && { finishReason }), index: 0 },
  ],
  ...more,
});
const [ONE, TWO] = [chunk('one '), chunk('two', 'STOP')].map((each) => JSON.stringify(each));
const TWO_LINES = JSON.stringify(chunk('two', 'STOP'), null, 2);
const dataLines = (json: string, end = '\n') =>
  json
    .split('\n')
    .map((line) => `data: ${line}${end}`)
    .join('');

describe('every legal event stream is read', () => {
  it.each<[string, string]>([
    ['with LF', `data: ${ONE}\n\ndata: ${TWO}\n\n`],
    ['with CR', `data: ${ONE}\r\rdata: ${TWO}\r\r`],
    ['with CRLF', `data: ${ONE}\r\n\r\ndata: ${TWO}\r\n\r\n`],
    ['with line ends of each kind', `data: ${ONE}\r\n\ndata: ${TWO}\n\r\n`],
    ['without a space after the colon', `data:${ONE}\n\ndata:${TWO}\n\n`],
    ['with event, id and retry', `event: message\nid: 1\nretry: 10\ndata: ${ONE}\n\nid:2\ndata: ${TWO}\n\n`],
    ['with the fields after the data', `data: ${ONE}\nevent: message\nid: 1\n\ndata: ${TWO}\nid: 2\n\n`],
    ['with several data lines an event', `data: ${ONE}\n\n${dataLines(TWO_LINES)}\n`],
    ['with several data lines and CRLF', `data: ${ONE}\r\n\r\n${dataLines(TWO_LINES, '\r\n')}\r\n`],
    ['with comments', `: hello\n\ndata: ${ONE}\n: in between\n\n:\n\ndata: ${TWO}\n\n: bye\n\n`],
    ['with unknown fields', `x-trace: 1\ndata: ${ONE}\n\nserver\n\ndata: ${TWO}\n\n`],
    ['with empty events', `\n\ndata:\n\ndata\n\ndata: ${ONE}\n\n\n\ndata: ${TWO}\n\n\n`],
    ['with a byte order mark', `\uFEFFdata: ${ONE}\n\ndata: ${TWO}\n\n`],
    ['without a blank line at the end', `data: ${ONE}\n\ndata: ${TWO}`],
    ['with blanks around the JSON', `data:   ${ONE}  \n\ndata:\t${TWO}\n\n`],
  ])('%s', async (_name, body) => {
    server.stream(body);
    const { result, error, deltas } = await ask();
    expect(error).toBeUndefined();
    expect(result).toMatchObject({ text: 'one two', finishReason: 'STOP' });
    expect(deltas).toEqual(['one ', 'two']);
  });

  it('with U+2028, U+2029 and U+0085 as they are in its JSON', async () => {
    const text = 'a\u2028b\u2029c\u0085d';
    server.stream(`data: ${JSON.stringify(chunk(text, 'STOP'))}\n\n`);
    expect((await ask()).result?.text).toBe(text);
  });

  it('in bytes that come one at a time', async () => {
    const text = 'नमस्ते 👩‍👩‍👧‍👦\u2028 “ok”';
    const bytes = Buffer.from(`\uFEFF: c\r\nevent: m\r\ndata:${JSON.stringify(chunk(text, 'STOP'))}\r\n\r\n`);
    server.respond(
      (response) =>
        void trickle(
          response,
          [...bytes].map((byte) => Buffer.of(byte)),
        ),
    );
    expect((await ask()).result?.text).toBe(text);
  });

  it('that is compressed', async () => {
    server.respond((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.end(gzipSync(`data: ${ONE}\n\ndata: ${TWO}\n\n`));
    });
    expect((await ask()).result?.text).toBe('one two');
  });

  it('with an event of a megabyte', async () => {
    const text = 'x'.repeat(1_000_000);
    server.stream(`data: ${JSON.stringify(chunk(text, 'STOP'))}\n\n`);
    expect((await ask()).result?.text).toHaveLength(text.length);
  });
});

describe('what is no whole stream is no whole reply', () => {
  const ALWAYS = `data: ${JSON.stringify(chunk('one ', 'STOP'))}\n\n`;
  it.each<[string, (response: ServerResponse) => void]>([
    [
      'a connection that is cut after a chunk with STOP',
      (response) => response.write(ALWAYS, () => setImmediate(() => response.destroy())),
    ],
    [
      'a body that is shorter than its length',
      (response) =>
        response
          .writeHead(200, { 'content-length': String(ALWAYS.length + 10) })
          .write(ALWAYS, () => setImmediate(() => response.destroy())),
    ],
    ['JSON that is cut in the middle', (response) => endless(response, `${ALWAYS}data: {"candida`)],
    ['a field name that is cut', (response) => endless(response, `${ALWAYS}dat`)],
    [
      'a character that is cut',
      (response) => endless(response, Buffer.concat([Buffer.from(ALWAYS), Buffer.of(0xe2)])),
    ],
    [
      'an error after a chunk with STOP',
      (response) => response.end(`${ALWAYS}data: {"error":{"code":503}}\n\n`),
    ],
    ['a stream without a finish reason', (response) => response.end(`data: ${ONE}\n\n`)],
    [
      'a finish reason that is unspecified',
      (response) => response.end(`data: ${JSON.stringify(chunk('one ', 'FINISH_REASON_UNSPECIFIED'))}\n\n`),
    ],
    [
      'bytes that are no UTF-8',
      (response) => response.end(Buffer.concat([Buffer.from(ALWAYS), Buffer.of(0xff, 10)])),
    ],
    ['a chunk that is no object', (response) => response.end(`data: null\n\n${ALWAYS}`)],
  ])('%s', async (_name, answer) => {
    server.respond(answer);
    const { error } = await ask();
    expect(error).toMatchObject({ name: 'GeminiError', kind: 'unavailable' });
  });

  it('a connection that stays open after a chunk with STOP is silent', async () => {
    server.respond((response) => response.write(ALWAYS));
    expect((await ask({ idleTimeoutMs: 80 })).error).toMatchObject({ kind: 'timeout', overtime: false });
  });
});

describe('time', () => {
  it('an event whose bytes trickle for longer than the limit of silence is read', async () => {
    const idleTimeoutMs = 2_000;
    server.respond((response) => void trickle(response, blanksFor(1.5 * idleTimeoutMs)));
    expect((await ask({ idleTimeoutMs })).result?.text).toBe('slowly');
  });

  it('comments that never end are ended by the limit of the whole call', async () => {
    let gone = false;
    server.respond((response) => {
      const timer = setInterval(() => response.write(': still here\n\n'), 10);
      response.once('close', () => {
        clearInterval(timer);
        gone = true;
      });
    });
    const { error, deltas } = await ask({ idleTimeoutMs: 2_000, timeoutMs: 3_000 });
    expect(error).toMatchObject({ kind: 'timeout', overtime: true });
    expect(deltas).toEqual([]);
    await until(() => gone);
  });
});

describe('usage', () => {
  const usage = (usageMetadata: object) => ({ usageMetadata });
  const FULL = { promptTokenCount: 7, candidatesTokenCount: 5, thoughtsTokenCount: 3, totalTokenCount: 15 };

  it('is the best known where the last chunk has a part of it', async () => {
    server.stream(
      `data: ${JSON.stringify(chunk('a', undefined, usage(FULL)))}\n\n` +
        `data: ${JSON.stringify(chunk('b', 'STOP', usage({ promptTokenCount: 7, totalTokenCount: 7 })))}\n\n`,
    );
    expect((await ask()).result?.usage).toEqual({
      promptTokens: 7,
      outputTokens: 5,
      thoughtTokens: 3,
      cachedTokens: 0,
      totalTokens: 15,
    });
  });

  it('of a call that breaks is told with its failure', async () => {
    server.respond((response) =>
      response.write(`data: ${JSON.stringify(chunk('a', undefined, usage(FULL)))}\n\n`, () =>
        setImmediate(() => response.destroy()),
      ),
    );
    expect((await ask()).error.usage).toMatchObject({ outputTokens: 5, thoughtTokens: 3 });
  });
});

describe('Retry-After', () => {
  const DATE = 'Sat, 28 Nov 2026 10:00:00 GMT';
  it.each<[string, number, Record<string, string>, object]>([
    ['seconds', 503, { 'retry-after': '7' }, { kind: 'unavailable', retryAfterMs: 7_000 }],
    [
      'a date',
      503,
      { 'retry-after': 'Sat, 28 Nov 2026 10:00:09 GMT', date: DATE },
      { kind: 'unavailable', retryAfterMs: 9_000 },
    ],
    [
      'a date of the past',
      500,
      { 'retry-after': DATE, date: 'Sat, 28 Nov 2026 11:00:00 GMT' },
      { retryAfterMs: 0 },
    ],
    ['of a limit', 429, { 'retry-after': '12' }, { kind: 'rate_limited', retryAfterMs: 12_000 }],
    ['beyond every wait', 429, { 'retry-after': '3600' }, { kind: 'quota' }],
    [
      'of an outage of hours',
      503,
      { 'retry-after': '7200' },
      { kind: 'unavailable', retryAfterMs: undefined },
    ],
    ['that is neither', 503, { 'retry-after': 'soon' }, { kind: 'unavailable', retryAfterMs: undefined }],
    ['with ABORTED', 409, { 'retry-after': '1' }, { kind: 'unavailable', status: 409, retryAfterMs: 1_000 }],
  ])('%s', async (_name, status, headers, expected) => {
    server.respond((response) => response.writeHead(status, headers).end('{"error":{"message":"no"}}'));
    expect((await ask()).error).toMatchObject(expected);
  });

  it('and RetryInfo: the longer wait', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '2.5s' }];
    const body = JSON.stringify({ error: { code: 503, message: 'no', details } });
    server.respond((response) => response.writeHead(503, { 'retry-after': '2' }).end(body));
    expect((await ask()).error.retryAfterMs).toBe(2_500);
  });
});

/** Writes the pieces one after another, each when the one before has left, and ends the response. */
async function trickle(response: ServerResponse, pieces: AsyncIterable<Buffer> | Buffer[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for await (const piece of pieces) {
    if (response.destroyed) return;
    await new Promise((resolve) => response.write(piece, resolve));
  }
  response.end();
}

/** An event that begins with blanks for so many milliseconds. */
async function* blanksFor(milliseconds: number): AsyncGenerator<Buffer> {
  yield Buffer.from('data:');
  for (let passed = 0; passed < milliseconds; passed += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield Buffer.from(' ');
  }
  yield Buffer.from(`${JSON.stringify(chunk('slowly', 'STOP'))}\n\n`);
}

/** A body that ends with its connection, as HTTP/1.0 has it: nothing but its text tells whether it is whole. */
function endless(response: ServerResponse, body: string | Buffer): void {
  response.socket?.end(
    Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'), Buffer.from(body)]),
  );
}
