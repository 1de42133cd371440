import { createGeminiSandbox } from './create-gemini-sandbox.js';
import { failure, finishOf, model, sdk, stream, user } from '../../../test/support/gemini-sdk.js';

const sandbox = createGeminiSandbox({ chunkDelayMs: 1, journalSize: 20 });
let url: string;
beforeAll(async () => void (url = await sandbox.listen()));
afterAll(() => sandbox.close());
beforeEach(() => Promise.all([send('DELETE', 'fault'), send('DELETE', 'calls')]));

async function send(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await fetch(`${url}/sandbox/${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return answer.json();
}

const ask = (prompt: string, options = {}) => stream(sdk(url, options), prompt);

describe('the journal', () => {
  it('has what every call asked and how it went', async () => {
    const before = (await send('GET', 'calls')).total;
    await stream(sdk(url, { key: 'secret-key', system: 'Be kind' }), [
      user('one'),
      model('two'),
      user('[[say yes]]'),
    ]);
    const { calls, total, running } = await send('GET', 'calls');
    expect({ total, running }).toEqual({ total: before + 1, running: 0 });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      sequence: before + 1,
      model: 'gemini-3.8-flash',
      method: 'streamGenerateContent',
      systemInstruction: 'Be kind',
      maxOutputTokens: 8192,
      contents: [
        { role: 'user', text: 'one' },
        { role: 'model', text: 'two' },
        { role: 'user', text: '[[say yes]]' },
      ],
      directives: ['[[say yes]]'],
      outcome: 'completed',
      status: 200,
      finishReason: 'STOP',
      text: 'yes',
      clientAborted: false,
    });
    expect(JSON.stringify(calls)).not.toContain('secret-key');
    expect(calls[0].keyHash).toMatch(/^[0-9a-f]{16}$/);
  });

  it('numbers calls without gaps, refused ones included, and filters them', async () => {
    await ask('apple [[say a]]');
    await failure(ask('banana', { key: 'invalid' }));
    await failure(ask('cherry [[500]]', { model: 'gemini-3.5-flash-lite' }));
    const { calls } = await send('GET', 'calls');
    const first = calls[0].sequence;
    expect(calls.map((call: any) => call.sequence)).toEqual([first, first + 1, first + 2]);
    const count = async (query: string) => (await send('GET', `calls?${query}`)).matched;
    expect(await count('prompt=banana')).toBe(1);
    expect(await count('outcome=refused')).toBe(2);
    expect(await count('model=gemini-3.5-flash-lite')).toBe(1);
    expect(await count(`since=${first}`)).toBe(2);
    expect(await count('text=nothing')).toBe(0);
    expect((await send('GET', 'calls?brief=1')).calls[0]).toMatchObject({ turns: 1 });
    expect((await send('GET', 'calls?limit=1')).calls[0]).toMatchObject({ status: 500 });
  });

  it('forgets the oldest calls and says so', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, i) => ask(`[[say x]] ${i}`)));
    const { calls, dropped } = await send('GET', 'calls');
    expect(calls).toHaveLength(20);
    expect(dropped).toBe(5);
    await send('DELETE', 'calls');
    expect(await send('GET', 'calls')).toMatchObject({ calls: [], dropped: 0, running: 0 });
  });
});

describe('faults for all calls', () => {
  it('holds until cleared', async () => {
    await send('PUT', 'fault', { directive: '[[503]]' });
    expect((await failure(ask('hello'))).status).toBe(503);
    await send('DELETE', 'fault');
    expect(finishOf(await ask('hello'))).toBe('STOP');
  });

  it('counts times over all calls, and matches prompts', async () => {
    await send('PUT', 'fault', { directive: '[[500 times=1]]', match: 'tea' });
    expect(finishOf(await ask('coffee'))).toBe('STOP');
    expect((await failure(ask('green tea'))).status).toBe(500);
    expect(finishOf(await ask('black tea'))).toBe('STOP');
  });

  it('limits the rate and says when to come back', async () => {
    await send('PUT', 'fault', { rate: { limit: 2, windowSeconds: 2 } });
    await ask('1');
    await ask('2');
    const error = await failure(ask('3'));
    expect(error.status).toBe(429);
    const seconds = Number.parseFloat(error.errorDetails[1].retryDelay);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(2);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 5));
    expect(finishOf(await ask('3'))).toBe('STOP');
  });

  it('refuses settings it does not know', async () => {
    expect(await send('PUT', 'fault', { directives: 'x' })).toHaveProperty('error');
    expect(await send('GET', 'fault')).toEqual({});
  });
});
