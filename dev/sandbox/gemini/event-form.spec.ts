import { GOOGLE_FORM, readForm, writeEvent } from './event-form.js';

const DATA = { text: 'a\u2028b' };
const write = (words: string, number = 0) =>
  writeEvent(DATA, readForm(words.split(' ').filter(Boolean)), number);

it.each([
  ['', 'data: {"text":"a\\u2028b"}\r\n\r\n'],
  ['lf', 'data: {"text":"a\\u2028b"}\n\n'],
  ['cr tight', 'data:{"text":"a\\u2028b"}\r\r'],
  ['raw', 'data: {"text":"a\u2028b"}\r\n\r\n'],
  ['mark fields', '\uFEFFevent: message\r\nid: 0\r\ndata: {"text":"a\\u2028b"}\r\n\r\n'],
  ['lines comments lf', ': event 0 follows\ndata: {\ndata:   "text": "a\\u2028b"\ndata: }\n\n'],
])('[[form %s]]', (words, event) => {
  expect(write(words)).toBe(event);
});

it('begins with one byte order mark at most', () => {
  expect(write('mark', 1)).toBe(write('', 1));
});

it('knows no other form', () => {
  expect(() => readForm(['toString'])).toThrow('toString');
  expect(readForm([])).toBe(GOOGLE_FORM);
});
