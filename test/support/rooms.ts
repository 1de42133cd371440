import type { Answer, Client } from './client.js';
import { eventually } from './eventually.js';

/** What tests do with rooms again and again, as one signed-in person. */
export async function openRoom(person: Client, body: object = {}): Promise<string> {
  const room = await person.post('/chatroom', body);
  if (room.status !== 201) throw new Error(`no room: ${room.status} ${room.text}`);
  return room.body.id as string;
}

export function send(
  person: Client,
  room: string,
  content: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return person.post(`/chatroom/${room}/message`, { content }, { headers });
}

/** Sends a prompt that must be accepted. @returns the reply's id */
export async function prompt(person: Client, room: string, content: string): Promise<string> {
  const answer = await send(person, room, content);
  if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${answer.text}`);
  return answer.body.reply.id as string;
}

/** Waits until a reply is in one of its final states. */
export function ending(person: Client, room: string, replyId: string, timeout?: number): Promise<any> {
  return reaches(person, room, replyId, ['completed', 'failed', 'cancelled', 'incomplete'], timeout);
}

export function reaches(
  person: Client,
  room: string,
  replyId: string,
  states: string[],
  timeout?: number,
): Promise<any> {
  return eventually(
    `${replyId} is ${states.join(' or ')}`,
    async () => {
      const { body } = await person.get(`/chatroom/${room}/message/${replyId}`);
      return states.includes(body.status) && body;
    },
    timeout,
  );
}
