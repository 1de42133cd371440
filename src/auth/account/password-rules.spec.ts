import { findWeakness, normalizePassword } from './password-rules.js';

const ADA = { identities: ['+919876543210', 'ada.king@example.com'], name: 'Ada Lovelace' };

describe('a password', () => {
  it.each([
    ...['a long walk in the rain', 'correct horse battery staple', ' Pässwörd mit 🚀 und Leerzeichen '],
    ...['my gemini is a telescope', 'lovelace wrote programs', '9876543210 sheep', 'длинный пароль'],
  ])('is accepted when it is %j', (password) => {
    expect(findWeakness(password, ADA)).toBeNull();
  });

  it.each([
    ['9876543210', 'must not be your number or address'],
    ['+919876543210', 'must not be your number or address'],
    ['98765 43210', 'must not be your number or address'],
    ['9876543210!a', 'must not be your number or address'],
    ['ada.king@example.com', 'must not be your number or address'],
    ['Ada.King1', 'must not be your number or address'],
    ['adaking2026', 'must not be your number or address'],
    ['Lovelace1815', 'must not be your name'],
    ['Ada Lovelace 1', 'must not be your number or address'],
    ['geminichat', 'must not be the name of this product'],
    ['GeminiChat1!', 'must not be the name of this product'],
    ['gemini-chat-26', 'must not be the name of this product'],
    ['        ', 'must not be only spaces'],
    ['\u00a0\u2003 \u3000    ', 'must not be only spaces'],
    ['aaaaaaaaaa', 'must not repeat one character'],
    ['a\u0301a\u0301a\u0301a\u0301', 'must have at least 8 characters'],
    ['Password1', 'is too common'],
    ['secret\u200bwords here', 'must not contain invisible characters'],
    ['secret\twords here', 'must not contain invisible characters'],
    ['secret words here\u202e', 'must not contain invisible characters'],
    ['secret words 👩\u200d🚀', 'must not contain invisible characters'],
  ])('is refused when it is %j: it %s', (password, weakness) => {
    expect(findWeakness(password, ADA)).toBe(weakness);
  });

  it('has one form, whichever keyboard wrote it', () => {
    expect(normalizePassword('Pa\u0308ssword\u00a0mit\u2003Akzent')).toBe('Pässword mit Akzent');
    expect(normalizePassword('ﬁ２ K')).toBe('ﬁ２ K');
  });
});
