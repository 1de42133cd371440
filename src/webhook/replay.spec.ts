import { parseSince } from './replay.service.js';

const now = new Date('2026-11-21T12:00:00Z');

describe('the moment of a replay', () => {
  it.each([
    ['2026-11-20T08:00:00Z', '2026-11-20T08:00:00.000Z'],
    ['2026-11-20', '2026-11-20T00:00:00.000Z'],
    ['90m', '2026-11-21T10:30:00.000Z'],
    ['12h', '2026-11-21T00:00:00.000Z'],
    ['3d', '2026-11-18T12:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(parseSince(text, now).toISOString()).toBe(expected);
  });

  it.each([undefined, '', 'yesterday', '3w', '-1d', '2027-01-01'])('refuses %s', (text) => {
    expect(() => parseSince(text, now)).toThrow('--since wants');
  });
});
