import { namesType } from './accept.js';

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
