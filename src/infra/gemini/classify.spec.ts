import { classifyUpstream } from './classify.js';

const RETRY = 'type.googleapis.com/google.rpc.RetryInfo';
const retry = (retryDelay: string) => ({ '@type': RETRY, retryDelay });
const quota = (quotaId: string, quotaValue?: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId, ...(quotaValue && { quotaValue }) }],
});
const PER_MINUTE = 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier';
const PER_DAY = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';

describe('by status', () => {
  it.each([
    [400, 'rejected'],
    [401, 'bad_key'],
    [403, 'bad_key'],
    [404, 'model_not_found'],
    [408, 'unavailable'],
    [409, 'unavailable'],
    [412, 'rejected'],
    [425, 'unavailable'],
    [413, 'rejected'],
    [429, 'rate_limited'],
    [499, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [undefined, 'unavailable'],
  ])('%s is %s', (code, kind) => {
    expect(classifyUpstream({ code })).toMatchObject({ kind, status: code });
  });

  it('knows a bad key from a bad request', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    expect(classifyUpstream({ code: 400, details }).kind).toBe('bad_key');
  });
});

describe('a limit', () => {
  it.each([
    ['45.837906927s', 45_838],
    ['0.5s', 500],
    ['1.1s', 1100],
    ['0s', 0],
    ['300s', 300_000],
  ])('waits %s as %d ms', (delay, ms) => {
    const error = classifyUpstream({ code: 429, details: [quota(PER_MINUTE, '15'), retry(delay)] });
    expect(error).toMatchObject({ kind: 'rate_limited', retryAfterMs: ms, projectWide: true, perDay: false });
  });

  it('without advice or quota is nobody’s in particular', () => {
    const error = classifyUpstream({ code: 429, message: 'Resource has been exhausted' });
    expect(error).toMatchObject({ kind: 'rate_limited', projectWide: false, perDay: false });
    expect(error.retryAfterMs).toBeUndefined();
  });

  it('of the day is told apart', () => {
    expect(classifyUpstream({ code: 429, details: [quota(PER_DAY, '50'), retry('20s')] })).toMatchObject({
      kind: 'rate_limited',
      perDay: true,
    });
  });

  it.each([
    [
      'limit: 0 in the message',
      { message: 'Quota exceeded\n* metric: x, limit: 0, model: y\nPlease retry in 2s.' },
    ],
    ['a quota value of 0', { details: [quota(PER_MINUTE, '0')] }],
    ['a wait above 300 s', { details: [retry('300.001s')] }],
  ])('with %s is terminal', (_name, error) => {
    expect(classifyUpstream({ code: 429, ...error }).kind).toBe('quota');
  });

  it.each(['limit: 0.5', 'limit: 05', 'limit: 10'])('%s is none of zero', (message) => {
    expect(classifyUpstream({ code: 429, message }).kind).toBe('rate_limited');
  });
});

it.each([
  [undefined, 2_000, 2_000],
  ['1.5s', undefined, 1_500],
  ['1.5s', 2_000, 2_000],
  ['3s', 2_000, 3_000],
  ['0s', 0, 0],
])('of RetryInfo %s and a header of %s ms the longer wait counts', (delay, header, ms) => {
  const details = delay === undefined ? [] : [retry(delay)];
  expect(classifyUpstream({ code: 503, details, retryAfterMs: header }).retryAfterMs).toBe(ms);
});

it('keeps the advice of an overloaded model', () => {
  expect(classifyUpstream({ code: 503, details: [retry('1.5s')] })).toMatchObject({
    kind: 'unavailable',
    retryAfterMs: 1500,
  });
});

it('follows no advice of an overloaded model to wait for hours', () => {
  expect(classifyUpstream({ code: 503, details: [retry('300s')] }).retryAfterMs).toBe(300_000);
  expect(classifyUpstream({ code: 503, details: [retry('86400s')] }).retryAfterMs).toBeUndefined();
});

it.each([
  ['a string', 'x'],
  ['null', null],
  ['rubbish', [null, 3, 'x', { violations: 'no' }]],
])('survives details that are %s', (_name, details) => {
  expect(classifyUpstream({ code: 429, details }).kind).toBe('rate_limited');
});

it.each([
  ['Invalid value at \'contents[0]\' (TYPE_STRING), "my secret prompt"', 'secret'],
  ["Permission denied: Consumer 'api_key:AIzaSyA-1_b' has been suspended.", 'AIza'],
  ['Consumer api_key:AIzaSyA-1_b is suspended', 'AIza'],
  ['Key AIzaSyA-1_b expired', 'AIza'],
])('does not repeat what %s quotes', (message, secret) => {
  expect(classifyUpstream({ code: 400, message }).message).not.toContain(secret);
});

it('says what Gemini said', () => {
  const message = 'User location is not supported for the API use.';
  expect(classifyUpstream({ code: 400, message }).message).toBe(`Gemini answered 400: ${message}`);
});
