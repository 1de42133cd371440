import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createServer, type Server } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGeminiSandbox } from '../dev/sandbox/gemini/create-gemini-sandbox.js';
import { until } from './support/gemini-sdk.js';
import type { GeminiResult } from '../src/infra/gemini/response-accumulator.js';
import { GeminiClient, type GeminiOptions, type GeminiRequest } from '../src/infra/gemini/gemini.client.js';
import { GeminiModule } from '../src/infra/gemini/gemini.module.js';
import { Metrics } from '../src/infra/metrics/metrics.js';
import { loadSettings, Settings } from '../src/config/settings.js';
import { GeminiError } from '../src/infra/gemini/gemini-error.js';

const sandbox = createGeminiSandbox({ chunkDelayMs: 1 });
let baseUrl: string;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  baseUrl = await sandbox.listen();
  process.on('unhandledRejection', onUnhandled);
});
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await sandbox.close();
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled.splice(0)).toEqual([]);
});

const client = (options: Partial<GeminiOptions> = {}) =>
  new GeminiClient({ apiKey: 'key', baseUrl, timeoutMs: 10_000, idleTimeoutMs: 5_000, ...options });

const request = (text: string, more: Partial<GeminiRequest> = {}): GeminiRequest => ({
  model: 'gemini-3.8-flash',
  systemInstruction: '',
  contents: [{ role: 'user', text }],
  maxOutputTokens: 8192,
  signal: new AbortController().signal,
  ...more,
});

interface Told {
  result?: GeminiResult;
  error?: any;
  deltas: string[];
}

async function generate(
  text: string,
  more: Partial<GeminiRequest> = {},
  options: Partial<GeminiOptions> = {},
): Promise<Told> {
  const deltas: string[] = [];
  try {
    const result = await client(options).generate(request(text, more), (delta) => deltas.push(delta));
    return { result, deltas };
  } catch (error) {
    return { error, deltas };
  }
}

const lastCall = () => sandbox.journal.all().at(-1);

describe('a whole reply', () => {
  it('is the sum of its deltas, with its usage', async () => {
    const { result, deltas } = await generate('[[say one two three four]] hi');
    expect(deltas.length).toBeGreaterThanOrEqual(3);
    expect(result).toMatchObject({ text: 'one two three four', finishReason: 'STOP' });
    expect(deltas.join('')).toBe('one two three four');
    expect(result!.usage).toEqual({
      promptTokens: 8,
      outputTokens: 5,
      thoughtTokens: 0,
      cachedTokens: 0,
      totalTokens: 13,
    });
  });

  it('carries history, instruction, model and limit to Gemini', async () => {
    const contents: GeminiRequest['contents'] = [
      { role: 'user', text: 'a' },
      { role: 'model', text: 'b' },
      { role: 'user', text: 'c' },
    ];
    await generate('', {
      contents,
      systemInstruction: 'Be kind',
      model: 'gemini-3.5-flash-lite',
      maxOutputTokens: 77,
    });
    expect(lastCall()).toMatchObject({
      contents,
      systemInstruction: 'Be kind',
      model: 'gemini-3.5-flash-lite',
      maxOutputTokens: 77,
      outcome: 'completed',
    });
  });

  it.each(['[[parts 3]]', '[[thoughts 2]]', '[[unicode]]', '[[cached 4]]'])('%s', async (directive) => {
    const { result, deltas } = await generate(directive);
    expect(result!.text).toBe(lastCall()!.text);
    expect(deltas.join('')).toBe(result!.text);
    expect(result!.text).not.toContain('Nobody should see');
    const { promptTokens, outputTokens, thoughtTokens, totalTokens } = result!.usage;
    expect(totalTokens).toBe(promptTokens + outputTokens + thoughtTokens);
  });

  it('cut by MAX_TOKENS is a result that says so', async () => {
    const { result } = await generate('[[max-tokens after=2]] [[words 40]]');
    expect(result).toMatchObject({ finishReason: 'MAX_TOKENS', text: expect.stringMatching(/^the quick/) });
  });
});

describe('each failure has its kind', () => {
  it.each([
    ['[[safety]]', 'blocked'],
    ['[[safety after=2]]', 'blocked'],
    ['[[prohibited]]', 'blocked'],
    ['[[recitation]]', 'blocked'],
    ['[[finish BLOCKLIST]]', 'blocked'],
    ['[[finish SPII]]', 'blocked'],
    ['[[block]]', 'blocked'],
    ['[[empty]]', 'empty'],
    ['[[max-tokens after=0]]', 'empty'],
    ['[[thoughts 2]] [[empty]]', 'empty'],
    ['[[400]]', 'rejected'],
    ['[[bad-key]]', 'bad_key'],
    ['[[403]]', 'bad_key'],
    ['[[404]]', 'model_not_found'],
    ['[[500]]', 'unavailable'],
    ['[[503]]', 'unavailable'],
    ['[[504]]', 'unavailable'],
    ['[[cut]]', 'unavailable'],
    ['[[cut after=0]]', 'unavailable'],
    ['[[unfinished]]', 'unavailable'],
    ['[[error-chunk]]', 'unavailable'],
    ['[[error-chunk status=500 after=0]]', 'unavailable'],
  ])('%s is %s, after one call', async (prompt, kind) => {
    const before = sandbox.journal.total;
    const { error } = await generate(prompt);
    expect(error).toBeInstanceOf(GeminiError);
    expect(error.kind).toBe(kind);
    expect(sandbox.journal.total).toBe(before + 1);
  });

  it.each([
    [
      '[[429 retry=1.234567s]]',
      { kind: 'rate_limited', retryAfterMs: 1235, projectWide: true, perDay: false },
    ],
    ['[[429 retry=0s]]', { kind: 'rate_limited', retryAfterMs: 0 }],
    ['[[429 retry=none]]', { kind: 'rate_limited', retryAfterMs: undefined }],
    ['[[429 quota=shared]]', { kind: 'rate_limited', projectWide: false }],
    ['[[429 quota=day]]', { kind: 'rate_limited', perDay: true }],
    ['[[429 limit=0]]', { kind: 'quota' }],
    ['[[429 retry=301s]]', { kind: 'quota' }],
    ['[[503 retry=2.5s]]', { kind: 'unavailable', status: 503, retryAfterMs: 2500 }],
    ['[[error-chunk status=429]]', { kind: 'rate_limited', status: 429 }],
  ])('%s', async (prompt, expected) => {
    expect((await generate(prompt)).error).toMatchObject(expected);
  });

  it('a block tells the tokens it cost', async () => {
    expect((await generate('[[safety after=1]] hello')).error.usage.totalTokens).toBeGreaterThan(0);
  });

  it('a key that Google refuses', async () => {
    expect((await generate('hi', {}, { apiKey: 'invalid' })).error).toMatchObject({
      kind: 'bad_key',
      status: 400,
    });
  });

  it('nobody listening', async () => {
    expect((await generate('hi', {}, { baseUrl: 'http://127.0.0.1:1' })).error.kind).toBe('unavailable');
  });

  it('no message of an error repeats the prompt', async () => {
    for (const directive of ['[[400]]', '[[429]]', '[[cut]]', '[[safety]]', '[[error-chunk]]']) {
      expect((await generate(`${directive} xyzzy`)).error.message).not.toContain('xyzzy');
    }
  });
});

describe('time', () => {
  it.each([
    ['silence before the first chunk', '[[hang]]', 0],
    ['silence after it', '[[hang after=2]]', 2],
  ])('%s ends the call and its connection', async (_name, prompt, chunks) => {
    const { error, deltas } = await generate(prompt, {}, { idleTimeoutMs: 80 });
    expect(error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('80 ms') });
    expect(deltas).toHaveLength(chunks);
    await until(() => lastCall()?.outcome === 'aborted');
  });

  it('a stream that keeps talking is cut at the total', async () => {
    const { error, deltas } = await generate(
      '[[slow chunks=100 delay=20ms]]',
      {},
      { idleTimeoutMs: 1000, timeoutMs: 150 },
    );
    expect(error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('150 ms') });
    expect(deltas.length).toBeGreaterThan(0);
    await until(() => lastCall()?.outcome === 'aborted');
  });

  it('silence is counted anew with each chunk', async () => {
    const told = await generate('[[slow chunks=6 delay=100ms]] hi', {}, { idleTimeoutMs: 400 });
    expect(told.result?.finishReason).toBe('STOP');
    expect(lastCall()!.durationMs).toBeGreaterThan(400);
  });
});

describe('abort', () => {
  it.each(['[[hang]]', '[[hang after=2]]', '[[latency 60s]]'])(
    'closes the connection of %s',
    async (prompt) => {
      const controller = new AbortController();
      const before = sandbox.journal.total;
      const told = generate(prompt, { signal: controller.signal });
      const wanted = prompt.includes('after') ? 2 : 0;
      await until(() => sandbox.journal.total === before + 1 && lastCall()!.chunksSent === wanted);
      controller.abort();
      expect((await told).error.kind).toBe('aborted');
      await until(() => lastCall()?.clientAborted === true);
    },
  );

  it('before the call makes none', async () => {
    const before = sandbox.journal.total;
    expect((await generate('hi', { signal: AbortSignal.abort() })).error.kind).toBe('aborted');
    expect(sandbox.journal.total).toBe(before);
  });

  it('from within a delta', async () => {
    const controller = new AbortController();
    const work = client().generate(
      request('[[slow chunks=50 delay=10ms]]', { signal: controller.signal }),
      () => controller.abort(),
    );
    await expect(work).rejects.toMatchObject({ kind: 'aborted' });
    await until(() => lastCall()?.clientAborted === true);
    expect(lastCall()!.chunksSent).toBeLessThan(10);
  });

  it('what onDelta throws is thrown on, and the connection closed', async () => {
    const work = client().generate(request('[[slow chunks=50 delay=10ms]]'), () => {
      throw new TypeError('mine');
    });
    await expect(work).rejects.toThrow(new TypeError('mine'));
    await until(() => lastCall()?.clientAborted === true);
  });
});

describe('a server that is not quite Gemini', () => {
  const FINISHED =
    'data: {"candidates":[{"content":{"parts":[{"text":"all"}]},"finishReason":"STOP"}]}\r\n\r\n';
  let server: Server;
  let answer: (response: import('node:http').ServerResponse) => void;
  let url: string;
  beforeAll(async () => {
    server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('a finished reply counts though the connection breaks or hangs afterwards', async () => {
    answer = (response) => response.write(FINISHED, () => setImmediate(() => response.destroy()));
    expect((await generate('hi', {}, { baseUrl: url })).result?.text).toBe('all');
    answer = (response) => response.write(FINISHED);
    expect((await generate('hi', {}, { baseUrl: url, idleTimeoutMs: 80 })).result?.text).toBe('all');
  });

  it.each([
    ['a web page', 200, '<html>login</html>'],
    ['broken JSON', 200, 'data: {"xyzzy\r\n\r\n'],
    ['nothing', 200, ''],
    ['an error that is no JSON', 502, 'Bad gateway xyzzy'],
  ])('%s is unavailable', async (_name, status, body) => {
    answer = (response) => response.writeHead(status).end(body);
    const { error } = await generate('hi', {}, { baseUrl: url });
    expect(error.kind).toBe('unavailable');
    expect(error.message).not.toContain('xyzzy');
  });
});

describe('as the settings say', () => {
  const fromSettings = async (more: Record<string, string>) => {
    const settings = loadSettings({
      DATABASE_URL: 'postgresql://nowhere/x',
      REDIS_URL: 'redis://nowhere',
      JWT_SECRET: 'x'.repeat(32),
      GEMINI_API_KEY: 'key-of-the-settings',
      STRIPE_SECRET_KEY: 'x',
      STRIPE_WEBHOOK_SECRET: 'x',
      STRIPE_PRO_PRICE_ID: 'x',
      ...more,
    });
    @Global()
    @Module({ providers: [{ provide: Settings, useValue: settings }, Metrics], exports: [Settings, Metrics] })
    class GivenSettings {}
    const module = await Test.createTestingModule({ imports: [GivenSettings, GeminiModule] }).compile();
    return module.get(GeminiClient);
  };

  it('the server of GEMINI_BASE_URL is called with GEMINI_API_KEY', async () => {
    const gemini = await fromSettings({ GEMINI_BASE_URL: `${baseUrl}/` });
    expect((await gemini.generate(request('[[say yes]]'), () => undefined)).text).toBe('yes');
    expect(lastCall()!.keyHash).toBe(
      createHash('sha256').update('key-of-the-settings').digest('hex').slice(0, 16),
    );
  });

  it('times are given in seconds', async () => {
    const gemini = await fromSettings({ GEMINI_BASE_URL: baseUrl, GEMINI_IDLE_TIMEOUT_SECONDS: '0.08' });
    await expect(gemini.generate(request('[[hang]]'), () => undefined)).rejects.toMatchObject({
      kind: 'timeout',
      message: 'Gemini sent nothing for 80 ms',
    });
  });
});
