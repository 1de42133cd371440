import net from 'node:net';
import type { Client } from './support/client.js';
import { eventually } from './support/eventually.js';
import { openRoom, prompt } from './support/rooms.js';
import { System } from './support/system.js';

describe('the requests of one person', () => {
  let system: System;
  let person: Client;
  const sockets: net.Socket[] = [];

  beforeAll(async () => {
    const env = { MAX_CONCURRENT_REQUESTS_PER_USER: '10', BASIC_TIER_DAILY_PROMPT_LIMIT: '100' };
    system = await System.start({ workers: 0, env });
  });
  beforeEach(async () => {
    person = await system.signedIn();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => system?.stop());

  /** A request whose body does not come. */
  function begin(): void {
    const { hostname, port } = new URL(person.url);
    const socket = net.connect({ host: hostname, port: Number(port) });
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.destroy());
    const head = ['POST /chatroom HTTP/1.1', 'Host: a', `Authorization: Bearer ${person.accessToken}`];
    socket.write([...head, 'Content-Type: application/json', 'Content-Length: 9', '', '{'].join('\r\n'));
    sockets.push(socket);
  }
  const status = async () => (await person.get('/user/me')).status;
  const answers = (expected: number) =>
    eventually(`the answer is ${expected}`, async () => (await status()) === expected);
  /** One that fails, as on a busy machine, makes room for another. */
  const beginUntilRefused = () =>
    eventually('the next is refused', async () => {
      while (sockets.filter(({ destroyed }) => !destroyed).length < 10) begin();
      return (await status()) === 429;
    });

  it('are handled ten at a time, and the next is refused', async () => {
    await beginUntilRefused();
    const { body, headers } = await person.get('/chatroom');
    expect([body.code, headers.get('retry-after')]).toEqual(['rate_limit.exceeded', '1']);
    const other = await system.signedIn();
    expect((await other.get('/user/me')).status).toBe(200);
    sockets.find(({ destroyed }) => !destroyed)?.destroy();
    await answers(200);
    expect((await person.post('/chatroom', {})).status).toBe(201);
  });

  it('do not count while they only wait for a reply, or stream it', async () => {
    const room = await openRoom(person);
    const reply = await prompt(person, room, 'waits for a worker that is not there');
    const path = `/chatroom/${room}/message/${reply}`;
    const gone = new AbortController();
    const { signal } = gone;
    // All begin at once, so that some are refused before the first ones only wait: these ask again.
    const begun = async (...request: Parameters<Client['raw']>) => {
      while (!signal.aborted && (await person.raw(...request)).status === 429);
    };
    const waits = Array.from({ length: 12 }, (_, n) =>
      begun('GET', n % 2 ? `${path}?wait=60` : `${path}/stream`, { signal }).catch(() => null),
    );
    const prompts = Array.from({ length: 6 }, (_, n) =>
      begun('POST', `/chatroom/${room}/message`, {
        headers: { 'Content-Type': 'application/json', Prefer: 'wait=60' },
        body: JSON.stringify({ content: `prompt ${n}` }),
        signal,
      }).catch(() => null),
    );
    await eventually('all prompts are accepted', async () => {
      const { body } = await person.get(`/chatroom/${room}/message?limit=100`);
      return body.data?.length === 14;
    });
    await answers(200);
    gone.abort();
    await Promise.all([...waits, ...prompts]);
  });

  it('are answered at once where no body is asked for', async () => {
    const room = await openRoom(person);
    const reply = await prompt(person, room, 'waits for a worker that is not there');
    const unfinished = person.raw('GET', `/chatroom/${room}/message/${reply}?wait=60`).then(() => 'waited');
    const head = person
      .raw('HEAD', `/chatroom/${room}/message/${reply}?wait=60`)
      .then((response) => response.status);
    expect(await Promise.race([unfinished, head])).toBe(200);
    await person.post(`/chatroom/${room}/message/${reply}/cancel`);
    await unfinished;
  });
});
