import { Journal } from './journal.js';

const turns = (text: string) => ({
  turns: [{ role: 'user' as const, text }],
  systemInstruction: '',
  maxOutputTokens: 1,
});

function add(journal: Journal, text: string, reply = '') {
  const call = journal.open('generateContent', 'm', 'k');
  journal.describe(call, turns(text));
  call.text = reply;
  return call;
}

const texts = (journal: Journal) => journal.all().map((call) => call.contents[0]?.text ?? null);

it('gives up the oldest texts before any call', () => {
  const journal = new Journal(100, 10);
  for (const text of ['aaaa', 'bbbb', 'cccc']) journal.close(add(journal, text, 'r'), 'completed');
  expect(texts(journal)).toEqual([null, 'bbbb', 'cccc']);
  expect(journal.all()[0]).toMatchObject({
    sequence: 1,
    turns: 1,
    text: '',
    textsDropped: true,
    outcome: 'completed',
  });
  expect(journal).toMatchObject({ total: 3, dropped: 0, running: 0 });
});

it('forgets the oldest calls, also running ones, and still ends them', () => {
  const journal = new Journal(2, 1000);
  const slow = add(journal, 'slow');
  for (const text of ['b', 'c']) journal.close(add(journal, text), 'completed');
  expect(texts(journal)).toEqual(['b', 'c']);
  expect(journal).toMatchObject({ total: 3, dropped: 1, running: 1 });
  journal.close(slow, 'aborted');
  expect(journal).toMatchObject({ running: 0, dropped: 1 });
});

it('has the whole room for texts again after being cleared or rolled over', () => {
  const journal = new Journal(3, 10);
  const early = add(journal, 'xxxxxxxx');
  journal.clear();
  journal.close(early, 'completed');
  for (let i = 0; i < 50; i += 1) journal.close(add(journal, `t${i % 10}`, 'r'), 'completed');
  expect(texts(journal)).toEqual(['t7', 't8', 't9']);
  expect(journal.all().map((call) => call.sequence)).toEqual([49, 50, 51]);
});
