import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

describe('what Gemini sees of a conversation', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({
      env: { REPLY_ATTEMPTS: '1', HISTORY_MAX_MESSAGES: '4' },
    });
  });
  afterAll(() => system.stop());

  const seenBy = (content: string) =>
    system.gemini.journal.all().filter(({ contents }) => contents.at(-1)?.text === content);
  const say = async (person: Awaited<ReturnType<System['signedIn']>>, room: string, content: string) =>
    ending(person, room, await prompt(person, room, content));

  it('is the newest whole turns, and the client is told when some are left out', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const replies = [];
    for (const n of [1, 2, 3, 4]) replies.push(await say(person, room, `turn ${n} [[say answer ${n}]]`));
    expect(replies.map(({ contextTrimmed }) => contextTrimmed)).toEqual([false, false, false, true]);
    expect(seenBy('turn 4 [[say answer 4]]')[0]?.contents.map(({ text }) => text)).toEqual([
      'turn 2 [[say answer 2]]',
      'answer 2',
      'turn 3 [[say answer 3]]',
      'answer 3',
      'turn 4 [[say answer 4]]',
    ]);
  });

  it('skips failed and cancelled turns, keeps the incomplete one, and never sends two turns of one side in a row', async () => {
    const person = await system.signedIn({ pro: true });
    const room = await openRoom(person);
    await say(person, room, 'fails [[500]]');
    const cut = await say(person, room, 'is cut [[max-tokens]]');
    const cancelled = await prompt(person, room, 'is cancelled [[hang]]');
    await person.post(`/chatroom/${room}/message/${cancelled}/cancel`);
    await say(person, room, 'last [[say last]]');
    expect(seenBy('last [[say last]]')[0]?.contents).toEqual([
      { role: 'user', text: 'is cut [[max-tokens]]' },
      { role: 'model', text: cut.content },
      { role: 'user', text: 'last [[say last]]' },
    ]);
  });

  it('is asked once for identical conversations of one person, and again for another person, model or instruction', async () => {
    const [person, other] = [await system.signedIn({ pro: true }), await system.signedIn()];
    const content = 'the very same [[say same]]';
    const first = await say(person, await openRoom(person), content);
    const second = await say(person, await openRoom(person), content);
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second).toMatchObject({
      content: 'same',
      usage: first.usage,
      status: 'completed',
    });
    expect(seenBy(content)).toHaveLength(1);
    expect((await say(other, await openRoom(other), content)).cached).toBe(false);
    const instructed = await openRoom(person, {
      systemInstruction: 'Be brief.',
    });
    expect((await say(person, instructed, content)).cached).toBe(false);
    const lite = await say(person, await openRoom(person, { model: 'gemini-3.5-flash-lite' }), content);
    expect(lite).toMatchObject({
      cached: false,
      model: 'gemini-3.5-flash-lite',
    });
    expect(seenBy(content)).toHaveLength(4);
    const { rows } = await system.db.query('SELECT used FROM quota_usage WHERE user_id = $1', [
      person.user.id,
    ]);
    expect(rows[0].used).toBe(4);
  });

  it('leaves the room’s own instruction to the room', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person, {
      systemInstruction: 'Answer in rhyme.',
    });
    await say(person, room, 'whose instruction [[say ok]]');
    expect(seenBy('whose instruction [[say ok]]')[0]?.systemInstruction).toBe('Answer in rhyme.');
  });
});
