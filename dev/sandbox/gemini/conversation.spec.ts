import { createGeminiSandbox } from './create-gemini-sandbox.js';
import { failure, finishOf, model, sdk, stream, user, visible } from '../../../test/support/gemini-sdk.js';

const sandbox = createGeminiSandbox({ chunkDelayMs: 1 });
let url: string;
beforeAll(async () => void (url = await sandbox.listen()));
afterAll(() => sandbox.close());

describe('a plain conversation', () => {
  it('is answered in several chunks, the same every time', async () => {
    const first = await stream(sdk(url), 'Hello, who are you?');
    const second = await stream(sdk(url), 'Hello, who are you?');
    expect(first.length).toBeGreaterThanOrEqual(3);
    expect(visible(first)).toContain('“Hello, who are you?”');
    expect(visible(second)).toBe(visible(first));
    expect(finishOf(first)).toBe('STOP');
    expect(first.slice(0, -1).every((chunk) => !chunk.candidates?.[0]?.finishReason)).toBe(true);
  });

  it('says the same without a stream', async () => {
    const { response } = await sdk(url).generateContent('Hello, who are you?');
    expect(response.text()).toBe(visible(await stream(sdk(url), 'Hello, who are you?')));
  });

  it('shows that history and instruction arrived', async () => {
    const contents = [
      user('My name is Asha'),
      model('Hi'),
      user('I like tea'),
      model('Good'),
      user('What is my name?'),
    ];
    const text = visible(await stream(sdk(url, { system: 'Be brief and kind.' }), contents));
    expect(text).toContain('You are Asha: you told me in turn 1');
    expect(text).toContain('I see 3 of your turns');
    expect(text).toContain('“I like tea”');
    expect(text).toContain('Be brief and kind.');
  });

  it.each([
    ['Answer in upper case', /^[^a-z]+$/],
    ['Talk like a pirate', /^Arr!/],
    ['Begin every reply with "Namaste!"', /^Namaste! /],
  ])('obeys: %s', async (system, expected) => {
    expect(visible(await stream(sdk(url, { system }), 'tell me'))).toMatch(expected);
  });

  it('can count, but not dates', async () => {
    expect(visible(await stream(sdk(url), 'what is 12 * 12?'))).toContain('12 * 12 = 144');
    expect(visible(await stream(sdk(url), 'is 2026-11-21 a Saturday?'))).not.toContain('fingers');
  });

  it('counts tokens that add up', async () => {
    const client = sdk(url, { system: '12345678' });
    const chunks = await stream(client, [user('1234'), model('12345'), user('[[say abcdefghi]]')]);
    expect(chunks.at(-1)?.usageMetadata).toEqual({
      promptTokenCount: 10,
      candidatesTokenCount: 3,
      totalTokenCount: 13,
    });
    const counted = await client.countTokens({
      contents: [user('1234'), model('12345'), user('[[say abcdefghi]]')],
    });
    expect(counted.totalTokens).toBe(10);
  });

  it('stops at maxOutputTokens', async () => {
    const chunks = await stream(sdk(url, { maxOutputTokens: 5 }), '[[words 100]]');
    expect(finishOf(chunks)).toBe('MAX_TOKENS');
    expect(visible(chunks)).toHaveLength(20);
    expect(chunks.at(-1)?.usageMetadata?.candidatesTokenCount).toBe(5);
  });
});

describe('what Google refuses', () => {
  it.each([
    ['a bad key', { key: 'invalid' }, [user('hi')], 400, 'API key not valid'],
    [
      'an unknown model',
      { model: 'gemini-1.5-pro' },
      [user('hi')],
      404,
      'models/gemini-1.5-pro is not found',
    ],
    ['a first turn of the model', {}, [model('hi'), user('hi')], 400, 'first turn'],
    ['two user turns in a row', {}, [user('a'), user('b')], 400, 'alternate'],
    ['a last turn of the model', {}, [user('a'), model('b')], 400, 'last turn'],
    ['an unknown role', {}, [{ role: 'bot', parts: [{ text: 'x' }] }], 400, 'valid role'],
    ['an empty text', {}, [user('')], 400, 'required oneof field'],
    ['no parts', {}, [{ role: 'user', parts: [] }], 400, 'must not be empty'],
    ['no contents', {}, [], 400, 'contents is not specified'],
  ])('%s', async (_name, options, contents, status, message) => {
    const error = await failure(stream(sdk(url, options), contents));
    expect(error.status).toBe(status);
    expect(error.message).toContain(message);
  });

  it('says in ErrorInfo that the key is bad', async () => {
    const error = await failure(stream(sdk(url, { key: 'invalid' }), 'hi'));
    expect(error.errorDetails[0]).toMatchObject({ reason: 'API_KEY_INVALID' });
  });

  it.each([
    ['no key', {}, '{"contents":[{"parts":[{"text":"x"}]}]}', 403, 'PERMISSION_DENIED'],
    ['broken JSON', { 'x-goog-api-key': 'k' }, '{', 400, 'INVALID_ARGUMENT'],
    ['an unknown field', { 'x-goog-api-key': 'k' }, '{"content":[]}', 400, 'INVALID_ARGUMENT'],
  ])('%s', async (_name, headers: Record<string, string>, body, status, code) => {
    const answer = await fetch(`${url}/v1beta/models/gemini-3.8-flash:generateContent`, {
      method: 'POST',
      headers,
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code: status, status: code } });
  });
});

it('lists its models', async () => {
  const headers = { 'x-goog-api-key': 'k' };
  const { models } = (await (await fetch(`${url}/v1beta/models`, { headers })).json()) as any;
  expect(models.map((m: any) => m.name)).toEqual(['models/gemini-3.8-flash', 'models/gemini-3.5-flash-lite']);
  const one = await fetch(`${url}/v1beta/models/gemini-3.5-flash-lite`, { headers });
  expect(await one.json()).toMatchObject({ displayName: 'Gemini 3.5 Flash-Lite' });
  expect((await fetch(`${url}/v1beta/models/none`, { headers })).status).toBe(404);
});

it('speaks in events of one line, without a closing mark', async () => {
  const answer = await fetch(`${url}/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'k' },
    body: JSON.stringify({ contents: [user('[[say one two three]]')] }),
  });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(await answer.text()).toMatch(/^(data: \{[^\r\n]*\}\r\n\r\n){3}$/);
});
