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
  const assembly = new ReplyText();
  const effects = entries.map((entry) => assembly.apply(entry));
  return { assembly, effects };
}

describe('the assembly of a reply', () => {
  it('adds up what comes in order', () => {
    const { assembly, effects } = assemble(begin(1), delta(1, 0, 'Hel'), delta(1, 3, 'lo'));
    expect(effects).toEqual(['changed', 'changed', 'changed']);
    expect(assembly).toMatchObject({ claim: 1, attempt: 1, begun: true, text: 'Hello' });
  });

  it('takes what it has twice or overlapping only once', () => {
    const { assembly, effects } = assemble(
      begin(1),
      delta(1, 0, 'Hel'),
      delta(1, 0, 'Hel'),
      delta(1, 0, 'Hello'),
      begin(1),
    );
    expect(effects.slice(2)).toEqual(['none', 'changed', 'none']);
    expect(assembly.text).toBe('Hello');
  });

  it('says where text is missing, and does not guess', () => {
    const { assembly, effects } = assemble(begin(1), delta(1, 0, 'a'), delta(1, 5, 'z'), delta(2, 3, 'z'));
    expect(effects.slice(2)).toEqual(['gap', 'gap']);
    expect(assembly.text).toBe('a');
  });

  it('drops what an older claim still publishes', () => {
    const { assembly, effects } = assemble(
      begin(1),
      delta(1, 0, 'old'),
      begin(2),
      delta(1, 3, 'er'),
      delta(2, 0, 'new'),
      { kind: 'end', claim: 1 },
    );
    expect(effects.slice(3)).toEqual(['none', 'changed', 'none']);
    expect(assembly).toMatchObject({ claim: 2, attempt: 2, text: 'new' });
  });

  it('knows the attempt also where the beginning is missing', () => {
    expect(assemble(delta(5, 0, 'after a retry', 1)).assembly).toMatchObject({ claim: 5, attempt: 1 });
  });

  it('drops everything below what PostgreSQL knows', () => {
    const { assembly } = assemble(begin(1), delta(1, 0, 'an earlier run'));
    expect(assembly.raise(2)).toBe(true);
    expect(assembly.raise(2)).toBe(false);
    expect(assembly).toMatchObject({ begun: false, text: '' });
    expect(assembly.apply(delta(1, 0, 'an earlier run'))).toBe('none');
    expect(assembly.apply(begin(3, 1))).toBe('changed');
    expect(assembly).toMatchObject({ claim: 3, attempt: 1, begun: true });
  });

  it('never holds anything but the beginning of what its claim says, however it is cut and comes', () => {
    const texts = ['the text of one run', 'what another made of it 🙂', ''];
    const pieces = fc.record({ run: fc.nat(2), from: fc.nat(30), length: fc.nat(30), begins: fc.boolean() });
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const assembly = new ReplyText();
        for (const { run, from, length, begins } of parts) {
          const text = texts[run] ?? '';
          const offset = Math.min(from, text.length);
          assembly.apply(
            begins ? begin(run + 1) : delta(run + 1, offset, text.slice(offset, offset + length)),
          );
          expect((texts[assembly.claim - 1] ?? '').startsWith(assembly.text)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('ends up with the newest text, whatever comes twice or late, once the stream was read in order', () => {
    const entries: ReplyEntry[] = [1, 2].flatMap((claim) => [
      begin(claim),
      ...[...'abcdef']
        .map((letter, at) => delta(claim, at, letter + claim))
        .map((entry, at) => ({ ...entry, offset: at * 2 })),
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(entries.length - 1)), (noise) => {
        const { assembly } = assemble(...noise.map((at) => entries[at]!), ...entries);
        expect(assembly).toMatchObject({ claim: 2, text: 'a2b2c2d2e2f2' });
      }),
    );
  });
});
