import { namesType, preferredWait } from './negotiation.js';

const stream = (header: string | undefined) => namesType(header, 'text/event-stream');

describe('Accept', () => {
  it.each([
    'text/event-stream',
    'Text/Event-Stream',
    'application/json, text/event-stream;q=0.1',
    'text/event-stream; charset=utf-8 ; q=1',
    ' text/event-stream;q=0.001 ,*/*;q=0',
  ])('%s names the stream', (header) => expect(stream(header)).toBe(true));

  it.each([
    undefined,
    '',
    '*/*',
    'text/*',
    'text/event-streams',
    'text/event-stream;q=0',
    'text/event-stream; Q=0.000, application/json',
    'application/json;q="text/event-stream"',
  ])('%s does not', (header) => expect(stream(header)).toBe(false));
});

describe('Prefer: wait', () => {
  it.each([
    ['wait=10', 10],
    ['respond-async, wait=10', 10],
    ['Wait = "5"; foo=bar', 5],
    ['wait=0', 0],
    ['wait=600', 60],
    ['wait=1, wait=2', 1],
  ])('%s', (header, seconds) => expect(preferredWait(header)).toBe(seconds));

  it.each([undefined, '', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'await=1', 'wait=abc'])(
    '%s is no wish',
    (header) => expect(preferredWait(header)).toBeUndefined(),
  );
});
