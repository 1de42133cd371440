import fc from 'fast-check';
import type { ReplyEntry } from '../reply-channel.js';
import { ReplyText } from './reply-text.js';

const begin = (claim: number, attempt = claim): ReplyEntry => ({ kind: 'begin', claim, attempt });
const delta = (claim: number, offset: number, text: string, attempt = claim): ReplyEntry => ({
  kind: 'delta',
  claim,
  attempt,
  offset,
  text,
});

function assemble(...entries: ReplyEntry[]) {
  const reply = new ReplyText();
  const effects = entries.map((entry) => reply.apply(entry));
  return { reply, effects };
}

describe('the text of a reply', () => {
  it('adds up what arrives in order', () => {
    const { reply, effects } = assemble(begin(1), delta(1, 0, 'Hel'), delta(1, 3, 'lo'));
    expect(effects).toEqual(['changed', 'changed', 'changed']);
    expect(reply).toMatchObject({ claim: 1, attempt: 1, begun: true, text: 'Hello' });
  });

  it('adds what arrives twice or overlapping only once', () => {
    const { reply, effects } = assemble(
      begin(1),
      delta(1, 0, 'Hel'),
      delta(1, 0, 'Hel'),
      delta(1, 0, 'Hello'),
      begin(1),
    );
    expect(effects.slice(2)).toEqual(['none', 'changed', 'none']);
    expect(reply.text).toBe('Hello');
  });

  it('reports a gap, and does not guess', () => {
    const { reply, effects } = assemble(begin(1), delta(1, 0, 'a'), delta(1, 5, 'z'), delta(2, 3, 'z'));
    expect(effects.slice(2)).toEqual(['gap', 'gap']);
    expect(reply.text).toBe('a');
  });

  it('drops what an older claim still publishes', () => {
    const { reply, effects } = assemble(
      begin(1),
      delta(1, 0, 'old'),
      begin(2),
      delta(1, 3, 'er'),
      delta(2, 0, 'new'),
      { kind: 'end', claim: 1 },
    );
    expect(effects.slice(3)).toEqual(['none', 'changed', 'none']);
    expect(reply).toMatchObject({ claim: 2, attempt: 2, text: 'new' });
  });

  it('knows the attempt also where the beginning is missing', () => {
    expect(assemble(delta(5, 0, 'after a retry', 1)).reply).toMatchObject({ claim: 5, attempt: 1 });
  });

  it('drops everything below what PostgreSQL knows', () => {
    const { reply } = assemble(begin(1), delta(1, 0, 'an earlier run'));
    expect(reply.raise(2)).toBe(true);
    expect(reply.raise(2)).toBe(false);
    expect(reply).toMatchObject({ begun: false, text: '' });
    expect(reply.apply(delta(1, 0, 'an earlier run'))).toBe('none');
    expect(reply.apply(begin(3, 1))).toBe('changed');
    expect(reply).toMatchObject({ claim: 3, attempt: 1, begun: true });
  });

  it('is always the beginning of the text of its claim, however that is cut and in whatever order it arrives', () => {
    const texts = ['the text of one run', 'what another made of it 🙂', ''];
    const pieces = fc.record({ run: fc.nat(2), from: fc.nat(30), length: fc.nat(30), begins: fc.boolean() });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const reply = new ReplyText();
        for (const { run, from, length, begins } of parts) {
          const text = texts[run] ?? '';
          const offset = Math.min(from, text.length);
          reply.apply(begins ? begin(run + 1) : delta(run + 1, offset, text.slice(offset, offset + length)));
          expect((texts[reply.claim - 1] ?? '').startsWith(reply.text)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('ends up with the newest text, whatever arrives twice or late, once the stream was read in order', () => {
    const entries: ReplyEntry[] = [1, 2].flatMap((claim) => [
      begin(claim),
      ...[...'abcdef']
        .map((letter, at) => delta(claim, at, letter + claim))
        .map((entry, at) => ({ ...entry, offset: at * 2 })),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(entries.length - 1)), (noise) => {
        const { reply } = assemble(...noise.map((at) => entries[at]!), ...entries);
        expect(reply).toMatchObject({ claim: 2, text: 'a2b2c2d2e2f2' });
      }),
    );
  });
});
