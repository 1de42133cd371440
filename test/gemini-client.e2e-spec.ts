import type { GeminiRequest } from '../src/infra/gemini/gemini.client.js';
import { GeminiError } from '../src/infra/gemini/gemini-error.js';
import { generate, lastCall, sandbox, useGeminiSandbox } from './support/gemini-call.js';

useGeminiSandbox();

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
