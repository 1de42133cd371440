import type { Random } from '../support/random.js';
import type { Hit } from './load.js';
import type { UserWithRoom } from './setup.js';

/** One after the other, and again from the beginning. */
export function inTurn<T>(list: readonly T[]): () => T {
  let at = 0;
  return () => {
    const item = list[at % list.length];
    if (item === undefined) throw new Error('there is nothing to take in turn');
    at += 1;
    return item;
  };
}

/** Prompts of a sentence or two, no two alike, each in the next room. */
export function prompts(usersWithRooms: readonly UserWithRoom[], random: Random, headers = {}): () => Hit {
  const nextUser = inTurn(usersWithRooms);
  let count = 0;
  return () => {
    const { roomId, person } = nextUser();
    count += 1;
    const content = `Prompt ${count}: ${'tell me more '.repeat(random.between(2, 20))}`;
    return {
      method: 'POST',
      path: `/chatroom/${roomId}/message`,
      token: person.accessToken,
      body: { content },
      headers,
    };
  };
}
