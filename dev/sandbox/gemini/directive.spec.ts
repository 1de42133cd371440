import { createGeminiSandbox } from './create-gemini-sandbox.js';
import {
  failure,
  finishOf,
  model,
  partsOf,
  sdk,
  stream,
  until,
  user,
  visible,
} from '../../../test/support/gemini-sdk.js';

const sandbox = createGeminiSandbox({ chunkDelayMs: 1 });
let url: string;
beforeAll(async () => void (url = await sandbox.listen()));
afterAll(() => sandbox.close());
afterEach(() => sandbox.counter.clear());

const ask = (prompt: string, signal?: AbortSignal) => stream(sdk(url), prompt, signal);
const lastCall = () => sandbox.journal.all().at(-1);

describe('refusals', () => {
  it.each(['400', '401', '403', '404', '409', '429', '499', '500', '503', '504'])(
    '[[%s]]',
    async (status) => {
      expect((await failure(ask(`please [[${status}]]`))).status).toBe(Number(status));
      expect(lastCall()).toMatchObject({ outcome: 'refused', status: Number(status), chunksSent: 0 });
    },
  );

  it('[[bad-key]]', async () => {
    const error = await failure(ask('[[bad-key]]'));
    expect(error).toMatchObject({ status: 400, errorDetails: [{ reason: 'API_KEY_INVALID' }] });
  });

  it('[[429]] tells the wait to the fraction and the quota', async () => {
    const { errorDetails } = await failure(ask('[[429 retry=45.837s]]'));
    expect(errorDetails[0].violations[0]).toMatchObject({
      quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
      quotaValue: '15',
    });
    expect(errorDetails[1]).toMatchObject({ retryDelay: '45.837s' });
  });

  it('[[429 quota=day limit=0]], [[429 quota=shared]], [[429 retry=0s]], [[429 retry=none]]', async () => {
    const day = await failure(ask('[[429 quota=day limit=0]]'));
    expect(day.message).toContain('limit: 0,');
    expect(day.errorDetails[0].violations[0].quotaId).toContain('PerDay');
    expect(day.errorDetails[0].violations[0].quotaValue).toBeUndefined();
    const shared = await failure(ask('[[429 quota=shared]]'));
    expect(shared.errorDetails).toHaveLength(1);
    expect((await failure(ask('[[429 retry=0s]]'))).errorDetails[1].retryDelay).toBe('0s');
    expect((await failure(ask('[[429 retry=none]]'))).errorDetails).toHaveLength(1);
  });

  it('[[404 model=primary]] leaves the other model alone', async () => {
    expect((await failure(ask('[[404 model=primary]]'))).status).toBe(404);
    expect(
      finishOf(await stream(sdk(url, { model: 'gemini-3.5-flash-lite' }), '[[404 model=primary]]')),
    ).toBe('STOP');
  });
});

describe('fail k times, then succeed', () => {
  it('[[503 times=2]]', async () => {
    expect((await failure(ask('[[503 times=2]]'))).status).toBe(503);
    expect((await failure(ask('[[503 times=2]]'))).status).toBe(503);
    expect(finishOf(await ask('[[503 times=2]]'))).toBe('STOP');
  });

  it('several in a row are taken one after the other', async () => {
    const prompt = '[[429 retry=0.5s times=1]] [[500 times=1]] go';
    expect((await failure(ask(prompt))).status).toBe(429);
    expect((await failure(ask(prompt))).status).toBe(500);
    expect(finishOf(await ask(prompt))).toBe('STOP');
  });

  it('is counted for each conversation on its own', async () => {
    expect((await failure(ask('[[503 times=1]] a'))).status).toBe(503);
    expect((await failure(ask('[[503 times=1]] b'))).status).toBe(503);
  });

  it('is only obeyed in the last turn', async () => {
    const chunks = await stream(sdk(url), [user('[[503]]'), model('[[hang]]'), user('hello')]);
    expect(finishOf(chunks)).toBe('STOP');
    expect(visible(chunks)).not.toContain('[[');
  });
});

describe('in the middle', () => {
  it.each([
    ['[[hang]]', 0],
    ['[[hang after=2]]', 2],
    ['[[latency 60s]]', 0],
  ])('%s goes on until the client leaves', async (prompt, chunks) => {
    const controller = new AbortController();
    const asked = failure(ask(prompt, controller.signal));
    await until(
      () =>
        lastCall()?.outcome === 'running' &&
        lastCall()?.chunksSent === chunks &&
        sandbox.journal.running === 1,
    );
    controller.abort();
    expect((await asked).message).toMatch(/aborted|reading from the stream/);
    await until(() => lastCall()?.outcome === 'aborted');
    expect(lastCall()).toMatchObject({ clientAborted: true, chunksSent: chunks });
    expect(lastCall()?.clientAbortedAt).not.toBeNull();
    expect(sandbox.journal.running).toBe(0);
  });

  it('[[cut]] ends the connection after two chunks, [[cut after=0]] before the first', async () => {
    expect((await failure(ask('[[cut]]'))).message).toContain('Error reading from the stream');
    expect(lastCall()).toMatchObject({ outcome: 'cut', chunksSent: 2, clientAborted: false });
    expect((await failure(ask('[[cut after=0]]'))).message).toContain('fetch failed');
  });

  it('[[error-chunk after=1 status=500]]', async () => {
    const chunks = await ask('[[error-chunk after=1 status=500]]');
    expect(chunks).toHaveLength(2);
    expect(lastCall()).toMatchObject({ outcome: 'broken', status: 500, chunksSent: 1 });
    expect(chunks[1]?.error).toMatchObject({ code: 500, status: 'INTERNAL' });
  });

  it('[[unfinished]] ends in good order without a reason', async () => {
    const chunks = await ask('[[unfinished]]');
    expect(chunks).toHaveLength(2);
    expect(finishOf(chunks)).toBeUndefined();
  });
});

describe('endings', () => {
  it.each([
    ['[[safety]]', 'SAFETY', 0],
    ['[[safety after=2]]', 'SAFETY', 2],
    ['[[prohibited]]', 'PROHIBITED_CONTENT', 0],
    ['[[recitation after=1]]', 'RECITATION', 1],
    ['[[finish SPII]]', 'SPII', 0],
    ['[[max-tokens after=0]]', 'MAX_TOKENS', 0],
    ['[[empty]]', 'STOP', 0],
  ])('%s', async (prompt, reason, chunksWithText) => {
    const chunks = await ask(prompt);
    expect(finishOf(chunks)).toBe(reason);
    expect(chunks.filter((chunk) => visible([chunk]))).toHaveLength(chunksWithText);
    if (reason !== 'STOP') expect(partsOf(chunks.at(-1))).toEqual([]);
  });

  it('[[max-tokens]] cuts the text', async () => {
    const chunks = await ask('[[max-tokens after=3]] [[words 40]]');
    expect(finishOf(chunks)).toBe('MAX_TOKENS');
    expect(chunks).toHaveLength(3);
    expect(visible(chunks)).toMatch(/^the quick brown/);
  });

  it('[[block]] answers without candidates', async () => {
    const chunks = await ask('[[block PROHIBITED_CONTENT]]');
    expect(chunks).toMatchObject([{ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }]);
    expect(chunks[0]?.candidates).toBeUndefined();
    expect(lastCall()?.outcome).toBe('blocked');
  });
});

describe('without a stream', () => {
  const whole = (prompt: string) => sdk(url).generateContent(prompt);

  it.each([
    ['[[safety after=1]]', 'SAFETY', 'blocked'],
    ['[[unfinished]]', undefined, 'unfinished'],
    ['[[max-tokens]]', 'MAX_TOKENS', 'completed'],
    ['[[empty]]', 'STOP', 'completed'],
  ])('%s', async (prompt, finishReason, outcome) => {
    const { response } = await whole(prompt);
    expect(response.candidates?.[0]?.finishReason).toBe(finishReason);
    expect(lastCall()).toMatchObject({ outcome, chunksSent: 1 });
  });

  it('[[error-chunk]] is the error, [[cut]] cuts', async () => {
    expect((await failure(whole('[[error-chunk]]'))).status).toBe(503);
    expect(lastCall()).toMatchObject({ outcome: 'broken', status: 503 });
    expect((await failure(whole('[[cut]]'))).message).toContain('fetch failed');
    expect(lastCall()).toMatchObject({ outcome: 'cut', status: null });
  });
});

describe('style', () => {
  it('[[latency 80ms]] and [[slow chunks=5 delay=10ms]]', async () => {
    const started = performance.now();
    const chunks = await ask('[[latency 80ms]] [[slow chunks=5 delay=10ms]] hello there');
    expect(performance.now() - started).toBeGreaterThanOrEqual(120);
    expect(chunks).toHaveLength(5);
  });

  it('[[parts 3]]', async () => {
    const chunks = await ask('[[parts 3]] [[say one two three four]]');
    expect(partsOf(chunks[0])).toHaveLength(3);
    expect(visible(chunks)).toBe('one two three four');
  });

  it('[[thoughts 2]] and [[cached 3]] show in the usage', async () => {
    const chunks = await ask('[[thoughts 2]] [[cached 3]] [[say 12345678]]');
    expect(chunks.flatMap(partsOf).filter((part) => part.thought)).toHaveLength(2);
    expect(visible(chunks)).toBe('12345678');
    const usage = chunks.at(-1)?.usageMetadata ?? {};
    expect(usage).toMatchObject({ candidatesTokenCount: 2, cachedContentTokenCount: 3 });
    expect(usage.thoughtsTokenCount).toBeGreaterThan(0);
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount! + 2 + usage.thoughtsTokenCount!);
  });

  it('[[words 300]] and [[say  as it is]]', async () => {
    expect(visible(await ask('[[words 300]]')).split(' ')).toHaveLength(300);
    expect(visible(await ask('[[say   spaced\n out ]]'))).toBe('spaced\n out');
  });

  it('[[unicode]] survives being parted anywhere', async () => {
    const text = visible(await ask('[[unicode]]'));
    expect(text).toContain('👩‍👩‍👧‍👦');
    expect(text).toContain('\u2028');
    expect(text).not.toContain('\ufffd');
    expect(lastCall()?.text).toBe(text);
  });

  it('[[clock]] tells when each chunk was sent', async () => {
    const started = performance.timeOrigin + performance.now();
    const text = visible(await ask('[[slow chunks=3 delay=20ms]] [[words 9]] [[clock]]'));
    const times = text.trim().split(' ').map(Number);
    expect(times).toHaveLength(3);
    const gaps = times.map((time, index) => time - (times[index - 1] ?? started));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15);
    expect(lastCall()?.text).toBe(text);
  });

  it('tells what it does not understand', async () => {
    const text = visible(await ask('[[503 times=x]] [[latency soon]] [[frobnicate]]'));
    expect(text).toContain('I do not understand [[503 times=x]] [[latency soon]] [[frobnicate]]');
  });
});
