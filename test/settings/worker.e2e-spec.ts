import { eventually } from '../support/eventually.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

type Person = Awaited<ReturnType<System['signedIn']>>;

const INSTRUCTION = 'Answer like an old lighthouse keeper.';

describe('a setting of the worker', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({
      workers: 1,
      env: {
        GEMINI_MAX_OUTPUT_TOKENS: '20',
        GEMINI_SYSTEM_INSTRUCTION: INSTRUCTION,
        HISTORY_MAX_TOKENS: '60',
        RESPONSE_CACHE_SCOPE: 'global',
      },
    });
  });
  afterAll(() => system?.stop());

  /** Another worker in the place of the one before. */
  const workWith = async (env: Record<string, string>) => {
    await system.workers.at(-1)?.stop();
    await system.startWorker(env);
  };
  const say = async (person: Person, room: string, content: string) =>
    ending(person, room, await prompt(person, room, content));
  const sayAnew = async (person: Person, content: string) => say(person, await openRoom(person), content);
  const seenBy = (content: string) =>
    system.gemini.journal.all().filter(({ contents }) => contents.at(-1)?.text === content);

  it('GEMINI_MAX_OUTPUT_TOKENS bounds a reply, GEMINI_SYSTEM_INSTRUCTION leads it', async () => {
    const reply = await sayAnew(await system.signedIn(), 'at length [[words 200]]');
    expect(reply).toMatchObject({ status: 'incomplete', finishReason: 'MAX_TOKENS' });
    const calls = seenBy('at length [[words 200]]');
    expect(calls).toMatchObject([{ maxOutputTokens: 20, systemInstruction: INSTRUCTION }]);
    expect(reply.content).toBe(calls[0]?.text);
  });

  it('HISTORY_MAX_TOKENS leaves the turns out that do not fit, and the client is told', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const long = `long ${'words '.repeat(50)}[[say one]]`;
    const replies = [];
    for (const content of ['first [[say zero]]', long, 'third [[say two]]', 'fourth [[say three]]'])
      replies.push(await say(person, room, content));
    expect(replies.map(({ contextTrimmed }) => contextTrimmed)).toEqual([false, true, true, true]);
    expect(seenBy(long)[0]?.contents).toHaveLength(1);
    expect(seenBy('fourth [[say three]]')[0]?.contents.map(({ text }) => text)).toEqual([
      'third [[say two]]',
      'two',
      'fourth [[say three]]',
    ]);
  });

  it('RESPONSE_CACHE_SCOPE=global shares replies between people, who pay for them all the same', async () => {
    const [ann, bob] = [await system.signedIn(), await system.signedIn()];
    const content = 'what everybody asks [[say the same]]';
    expect(await sayAnew(ann, content)).toMatchObject({ content: 'the same', cached: false });
    expect(await sayAnew(bob, content)).toMatchObject({ content: 'the same', cached: true });
    expect(seenBy(content)).toHaveLength(1);
    expect((await bob.get('/subscription/status')).body.usage.used).toBe(1);
  });

  it('RESPONSE_CACHE_TTL_SECONDS is after how long Gemini is asked anew', async () => {
    await workWith({ RESPONSE_CACHE_TTL_SECONDS: '1' });
    const person = await system.signedIn({ pro: true });
    const content = 'again and again [[say news]]';
    expect((await sayAnew(person, content)).cached).toBe(false);
    await eventually('a reply that is new', async () => !(await sayAnew(person, content)).cached);
    expect(seenBy(content)).toHaveLength(2);
  });

  it('RESPONSE_CACHE_TTL_SECONDS=0 keeps no reply', async () => {
    await workWith({ RESPONSE_CACHE_TTL_SECONDS: '0' });
    const person = await system.signedIn();
    const content = 'twice the same [[say news]]';
    const replies = [await sayAnew(person, content), await sayAnew(person, content)];
    expect(replies.map(({ cached }) => cached)).toEqual([false, false]);
    expect(seenBy(content)).toHaveLength(2);
  });
});
