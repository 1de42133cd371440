import { createServer } from 'node:net';
import { once } from 'node:events';
import { eventually } from '../support/eventually.js';
import { freePort } from '../../dev/launcher/free-port.js';
import { alive, Clone } from './clone.js';

jest.setTimeout(90_000);

let clone: Clone;
let port: number;

beforeAll(async () => {
  clone = new Clone();
  port = await freePort();
});
afterAll(() => clone.remove());

const answers = () =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    (response) => response.ok,
    () => false,
  );

test('a taken port is told in one sentence, before anything is started', async () => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const launcher = clone.start(port);
  expect(await launcher.exited).toBe(1);
  expect(launcher.output.trim()).toMatch(new RegExp(`^Port ${port} is taken by another program: .*\\.$`));
  server.close();
  await once(server, 'close');
});

test('a dead API is started again; a second start is refused; a killed launcher blocks nothing', async () => {
  const launcher = clone.start(port);
  await launcher.ready();
  expect(await answers()).toBe(true);

  const first = clone.pid('API');
  process.kill(first, 'SIGKILL');
  await eventually('a new API', async () => clone.pid('API') !== first && (await answers()), 20_000);
  expect(launcher.output.match(/^The API was ended by SIGKILL and is started again\.$/gm)).toHaveLength(1);

  const second = clone.start(port);
  expect(await second.exited).toBe(1);
  expect(second.output.trim()).toMatch(
    new RegExp(`^npm start is already running in this clone \\(process ${launcher.pid}\\).*\\.$`),
  );

  const orphans = clone.processes();
  await launcher.signal('SIGKILL');
  const next = clone.start(port);
  await next.ready();
  expect(alive(orphans)).toEqual([]);
  expect(await answers()).toBe(true);
  const running = clone.processes();
  expect(alive(running)).toHaveLength(running.length);
  expect(await next.signal('SIGTERM')).toBe(0);
  expect(alive(running)).toEqual([]);
});

test('the death of Redis ends everything with the reason', async () => {
  const launcher = clone.start(port);
  await launcher.ready();
  const running = clone.processes();
  process.kill(clone.pid('Redis'), 'SIGKILL');
  expect(await launcher.exited).toBe(1);
  expect(launcher.output).toContain('Redis was ended by SIGKILL, and nothing works without it.');
  expect(alive(running)).toEqual([]);
});

test.each([
  ['Ctrl-C', 'SIGINT', undefined],
  ['SIGTERM to npm', 'SIGTERM', ['npm', 'start']],
] as const)('%s in the middle of a start leaves nothing behind', async (_name, signal, command) => {
  const launcher = clone.start(port, command && [...command]);
  await eventually('the start of the API', () => launcher.output.includes('API and worker'), 30_000);
  const running = clone.processes();
  expect(await launcher.signal(signal)).toBe(0);
  expect(alive(running)).toEqual([]);
});
