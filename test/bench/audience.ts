import { Client } from '../support/client.js';
import { EventStream } from '../support/event-stream.js';
import { inParallel } from '../support/people.js';
import { prompt } from '../support/rooms.js';
import type { UserWithRoom, Setup } from './setup.js';

/** Long enough for any stream of a bench, in milliseconds. */
const PATIENCE = 300_000;

/** What is said in each room, and how many listen to each reply. */
export interface Show {
  usersWithRooms: UserWithRoom[];
  contents: string[];
  listeners: number;
}

interface Door {
  client: Client;
  path: string;
}

/** The worker begins when everybody has come, so that all they hear is heard live. */
export async function listenToProduct(
  setup: Setup,
  { usersWithRooms, contents, listeners }: Show,
): Promise<EventStream[]> {
  const doors = await inParallel([...usersWithRooms.entries()], 10, async ([at, { roomId, person }]) => {
    const client = new Client(setup.product.url, person.accessToken);
    const replyId = await prompt(client, roomId, contents[at] ?? '');
    return { client, path: `/chatroom/${roomId}/message/${replyId}/stream` };
  });
  const streams = await open(doors, listeners);
  const worker = await setup.system.startWorker({ WORKER_CONCURRENCY: String(usersWithRooms.length) });
  await allEnded(streams);
  await worker.stop();
  return streams;
}

/** As above; here the request that begins the reply lasts as long as it. */
export async function listenToNaive(
  setup: Setup,
  { usersWithRooms, contents, listeners }: Show,
): Promise<EventStream[]> {
  const doors = usersWithRooms.map(({ roomId, person }) => {
    return { client: new Client(setup.naive.url, person.accessToken), path: `/chatroom/${roomId}/stream` };
  });
  const streams = await open(doors, listeners);
  await Promise.all(doors.map(({ client, path }, at) => client.post(path, { content: contents[at] })));
  await allEnded(streams);
  return streams;
}

function open(doors: Door[], listeners: number): Promise<EventStream[]> {
  const crowd = doors.flatMap((door) => Array.from({ length: listeners }, () => door));
  return inParallel(crowd, 50, ({ client, path }) => EventStream.open(client, path));
}

async function allEnded(streams: EventStream[]): Promise<void> {
  await Promise.all(streams.map((stream) => stream.ending(PATIENCE)));
}
