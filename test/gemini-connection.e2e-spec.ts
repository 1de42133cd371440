import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createHash } from 'node:crypto';
import { loadSettings, Settings } from '../src/config/settings.js';
import { GeminiClient } from '../src/infra/gemini/gemini.client.js';
import { GeminiModule } from '../src/infra/gemini/gemini.module.js';
import { Metrics } from '../src/infra/metrics/metrics.js';
import {
  client,
  generate,
  lastCall,
  request,
  sandbox,
  sandboxUrl,
  useGeminiSandbox,
} from './support/gemini-call.js';
import { until } from './support/gemini-sdk.js';
import { RawServer } from './support/raw-server.js';

useGeminiSandbox();

describe('time', () => {
  it.each([
    ['silence before the first chunk', '[[hang]]', 0],
    ['silence after it', '[[hang after=2]]', 2],
  ])('%s ends the call and its connection', async (_name, prompt, chunks) => {
    const { error, deltas } = await generate(prompt, {}, { idleTimeoutMs: 2_000 });
    expect(error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('2000 ms') });
    expect(deltas).toHaveLength(chunks);
    await until(() => lastCall()?.outcome === 'aborted');
  });

  it('a stream that keeps talking is cut at the total', async () => {
    const { error, deltas } = await generate(
      '[[slow chunks=1000 delay=20ms]] [[words 1000]]',
      {},
      { timeoutMs: 3_000 },
    );
    expect(error).toMatchObject({ kind: 'timeout', message: expect.stringContaining('3000 ms') });
    expect(deltas.length).toBeGreaterThan(0);
    await until(() => lastCall()?.outcome === 'aborted');
  });

  it('silence is counted anew with each chunk', async () => {
    const told = await generate('[[slow chunks=6 delay=500ms]] hi', {}, { idleTimeoutMs: 2_000 });
    expect(told.result?.finishReason).toBe('STOP');
    expect(lastCall()!.durationMs).toBeGreaterThan(2_000);
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
  const server = RawServer.use();

  it.each([
    ['a web page', 200, '<html>login</html>'],
    ['broken JSON', 200, 'data: {"xyzzy\r\n\r\n'],
    ['nothing', 200, ''],
    ['an error that is no JSON', 502, 'Bad gateway xyzzy'],
  ])('%s is unavailable', async (_name, status, body) => {
    server.respond((response) => response.writeHead(status).end(body));
    const { error } = await generate('hi', {}, { baseUrl: server.url });
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
    const gemini = await fromSettings({ GEMINI_BASE_URL: `${sandboxUrl()}/` });
    expect((await gemini.generate(request('[[say yes]]'), () => undefined)).text).toBe('yes');
    expect(lastCall()!.keyHash).toBe(
      createHash('sha256').update('key-of-the-settings').digest('hex').slice(0, 16),
    );
  });

  it('times are given in seconds', async () => {
    const gemini = await fromSettings({ GEMINI_BASE_URL: sandboxUrl(), GEMINI_IDLE_TIMEOUT_SECONDS: '0.08' });
    await expect(gemini.generate(request('[[hang]]'), () => undefined)).rejects.toMatchObject({
      kind: 'timeout',
      message: 'Gemini sent nothing for 80 ms',
    });
  });
});
