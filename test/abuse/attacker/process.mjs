// @ts-check
// The attacker, a process of its own, so that the processor's time it takes is told apart from the product's. The requests are
// bytes that were made before the attack.
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds that answers may still take once the attack is over. */
const PATIENCE = 15_000;
/** Milliseconds between two looks at how many requests are due. */
const TICK = 5;

/** @type {import('./volley.js').AttackReport} */
const report = { sent: 0, answers: {}, received: 0, largest: 0 };
const ended = new AbortController();
/** Connections that are left open. @type {Set<net.Socket>} */
const left = new Set();
/** Requests whose answers are awaited. @type {Set<Promise<void>>} */
const pending = new Set();

process.on('message', (/** @type {import('./volley.js').Order | 'stop'} */ message) => {
  if (message === 'stop') void stop();
  else for (const volley of message.volleys) void attack(message, volley);
});
// Whoever gave the order is gone.
process.on('disconnect', () => process.exit(0));

/** @param {import('./volley.js').Order} order @param {import('./volley.js').Volley} volley */
async function attack(order, volley) {
  const { requests, atMost, perSecond, lanes = 0 } = volley;
  const buffers = requests.map((text) => Buffer.from(text, 'latin1'));
  let count = 0;
  const send = () => {
    const bytes = buffers[count % buffers.length] ?? Buffer.alloc(0);
    count += 1;
    report.sent += 1;
    const request = speak(order, volley, bytes).finally(() => pending.delete(request));
    pending.add(request);
    return request;
  };
  const lane = async () => {
    while (count < atMost && !ended.signal.aborted) await send();
  };
  for (let each = 0; each < lanes; each += 1) void lane();
  const begun = performance.now();
  while (perSecond && count < atMost && !ended.signal.aborted) {
    const due = Math.min(atMost, Math.floor(((performance.now() - begun) * perSecond) / 1000));
    while (count < due) void send();
    await wait(TICK);
  }
}

/**
 * Sends a request, and reads its answer until the server closes the connection.
 * @param {import('./volley.js').Order} order @param {import('./volley.js').Volley} volley @param {Buffer} bytes
 * @returns {Promise<void>}
 */
function speak({ host, port }, volley, bytes) {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, noDelay: true });
    let status = 'none';
    let received = 0;
    socket.on('data', (chunk) => {
      if (received === 0) status = chunk.toString('latin1', 9, 12);
      received += chunk.length;
      if (volley.left) socket.pause();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(drip);
      left.delete(socket);
      report.answers[status] = (report.answers[status] ?? 0) + 1;
      report.received += received;
      report.largest = Math.max(report.largest, received);
      resolve();
    });
    socket.write(bytes);
    if (volley.left) left.add(socket);
    const drip = volley.drip ? setInterval(() => socket.write('a'), volley.drip) : undefined;
  });
}

async function stop() {
  ended.abort();
  for (const socket of left) socket.destroy();
  await Promise.race([Promise.all(pending), wait(PATIENCE)]);
  report.answers.none = (report.answers.none ?? 0) + pending.size;
  process.send?.(report);
  process.disconnect();
}
