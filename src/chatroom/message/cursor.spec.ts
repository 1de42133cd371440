import fc from 'fast-check';
import { AppError } from '../../common/errors/app-error.js';
import { fromMessageCursor, fromRoomCursor, toMessageCursor, toRoomCursor } from './cursor.js';

const position = {
  activityAt: new Date('2026-11-21T10:00:00.123Z'),
  id: '019aa3a4-7c1e-7b1f-9d5e-3f1f0a2b4c6d',
};

describe('cursors', () => {
  it('come back as they went', () => {
    expect(fromRoomCursor(toRoomCursor(position))).toEqual(position);
    expect(fromMessageCursor(toMessageCursor(1_000_001))).toBe(1_000_001);
  });

  it.each([
    '',
    'x',
    '..',
    '%00',
    Buffer.from('m99999999999').toString('base64url'),
    Buffer.from('m-1').toString('base64url'),
    Buffer.from('m1 OR 1=1').toString('base64url'),
    Buffer.from('r1.abc').toString('base64url'),
    Buffer.from(`r999999999999999999.${position.id}`).toString('base64url'),
  ])('%j is no cursor', (garbage) => {
    expect(() => fromRoomCursor(garbage)).toThrow(expect.objectContaining({ code: 'validation.failed' }));
    expect(() => fromMessageCursor(garbage)).toThrow(expect.objectContaining({ code: 'validation.failed' }));
  });

  it('come back as they went, whatever the place', () => {
    const times = fc.date({ min: new Date(0), max: new Date(99_999_999_999_999), noInvalidDate: true });
    fc.assert(
      fc.property(times, fc.uuid(), fc.nat(999_999_999), (activityAt, id, number) => {
        expect(fromRoomCursor(toRoomCursor({ activityAt, id }))).toEqual({ activityAt, id });
        expect(fromMessageCursor(toMessageCursor(number))).toBe(number);
      }),
      { seed: 1 },
    );
  });

  it('are read from any text, or it is refused as any bad field is', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'rm019.-abf'), maxLength: 60 });
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      letters,
      letters.map(encode),
      fc.string().map(encode),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const [read, write] of [
          both(fromRoomCursor, toRoomCursor),
          both(fromMessageCursor, toMessageCursor),
        ]) {
          const place = attempt(() => read(text));
          if (place === undefined) continue;
          expect(read(write(place))).toEqual(place);
        }
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it('of one list are none of the other', () => {
    expect(() => fromRoomCursor(toMessageCursor(3))).toThrow();
    expect(() => fromMessageCursor(toRoomCursor(position))).toThrow();
  });
});

const encode = (text: string) => Buffer.from(text).toString('base64url');

/** The two ways of one kind of cursor, whatever it holds. */
const both = <T>(read: (cursor: string) => T, write: (place: T) => string) =>
  [read, (place: unknown) => write(place as T)] as const;

/** What is read; undefined where it is refused. Any other error fails the test. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof AppError && error.code === 'validation.failed') return undefined;
    throw error;
  }
}
