import fc from 'fast-check';
import { historyWindow, turnsToRead, type Turn } from './history-window.js';
import { estimateTokens } from './history-window.js';

const turns = (count: number): Turn[] =>
  Array.from({ length: count }, (_, i) => ({ prompt: `p${count - i}`, reply: `r${count - i}` }));
const limits = { maxMessages: 20, maxTokens: 1000 };

describe('historyWindow', () => {
  it('is the prompt alone in a new room', () => {
    expect(historyWindow([], 'hi', limits)).toEqual({
      contents: [{ role: 'user', text: 'hi' }],
      trimmed: false,
    });
  });

  it('goes from the oldest turn to the prompt, beginning and ending with the user', () => {
    const { contents, trimmed } = historyWindow(turns(2), 'now', limits);
    expect(contents.map(({ text }) => text)).toEqual(['p1', 'r1', 'p2', 'r2', 'now']);
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model', 'user']);
    expect(trimmed).toBe(false);
  });

  it('keeps the newest whole turns that fit the number of messages, and says so', () => {
    const { contents, trimmed } = historyWindow(turns(turnsToRead(5)), 'now', { ...limits, maxMessages: 5 });
    expect(contents.map(({ text }) => text)).toEqual(['p2', 'r2', 'p3', 'r3', 'now']);
    expect(trimmed).toBe(true);
  });

  it('is not trimmed when exactly as many fit', () => {
    expect(historyWindow(turns(2), 'now', { ...limits, maxMessages: 4 }).trimmed).toBe(false);
  });

  it('stops at the first turn that does not fit the tokens, so that no turn is skipped over', () => {
    const history = [
      { prompt: 'a', reply: 'b' },
      { prompt: 'x'.repeat(400), reply: 'y' },
      { prompt: 'c', reply: 'd' },
    ];
    const { contents, trimmed } = historyWindow(history, 'now', { maxMessages: 20, maxTokens: 50 });
    expect(contents.map(({ text }) => text)).toEqual(['a', 'b', 'now']);
    expect(trimmed).toBe(true);
  });

  it('always sends the prompt itself', () => {
    expect(
      historyWindow(turns(1), 'x'.repeat(4000), { maxMessages: 20, maxTokens: 10 }).contents,
    ).toHaveLength(1);
  });

  it('sends no history when none is wanted', () => {
    expect(historyWindow(turns(1), 'now', { maxMessages: 0, maxTokens: 10 })).toMatchObject({
      trimmed: true,
    });
  });
});

describe('any window', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const history = fc.array(fc.record({ prompt: text, reply: text }), { maxLength: 12 });
  const anyLimits = fc.record({ maxMessages: fc.nat(26), maxTokens: fc.nat(150) });

  it('is the newest turns, as many as fit, in order, and says whether that was all', () => {
    fc.assert(
      fc.property(history, text, anyLimits, (all, prompt, { maxMessages, maxTokens }) => {
        const { contents, trimmed } = historyWindow(all, prompt, { maxMessages, maxTokens });
        const kept = (contents.length - 1) / 2;
        const expected = all
          .slice(0, kept)
          .reverse()
          .flatMap((turn) => [turn.prompt, turn.reply]);
        expect(contents.map((content) => content.text)).toEqual([...expected, prompt]);
        expect(contents.every(({ role }, at) => role === (at % 2 ? 'model' : 'user'))).toBe(true);
        expect(trimmed).toBe(kept < all.length);
        const tokens = (turns: number) =>
          all
            .slice(0, turns)
            .reduce(
              (sum, { prompt: p, reply: r }) => sum + estimateTokens(p) + estimateTokens(r),
              estimateTokens(prompt),
            );
        const fits = (turns: number) => turns * 2 <= maxMessages && tokens(turns) <= maxTokens;
        expect(kept === 0 || fits(kept)).toBe(true);
        expect(kept < all.length && fits(kept + 1)).toBe(false);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('estimateTokens', () => {
  it.each([
    ['', 0],
    ['four', 1],
    ['fours', 2],
    ['नमस्ते', 6],
    ['你好', 2],
    ['👍🏽', 2],
    ['ok 你', 2],
  ])('%j is %i', (text, tokens) => expect(estimateTokens(text)).toBe(tokens));
});
