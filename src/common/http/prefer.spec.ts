import { preferredWait } from './prefer.js';

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
