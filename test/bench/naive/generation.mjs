// @ts-check
import { GoogleGenerativeAI } from '@google/generative-ai';
import { Redis } from 'ioredis';

/**
 * Gemini asked directly, while the client waits; and a stream through Redis to whoever listens in that moment.
 * @param {import('fastify').FastifyInstance} app
 * @param {{ redisUrl: string, geminiUrl: string }} servers
 */
export async function serveGeneration(app, { redisUrl, geminiUrl }) {
  const model = new GoogleGenerativeAI('any').getGenerativeModel(
    { model: 'gemini-3.8-flash' },
    { baseUrl: geminiUrl },
  );
  const publisher = new Redis(redisUrl);
  const listeners = await listen(redisUrl);

  app.post('/ask', async (request) => {
    const { content } = /** @type {{ content: string }} */ (request.body);
    let text = '';
    for await (const piece of pieces(model, content)) text += piece;
    return { text };
  });

  app.post('/chatroom/:id/stream', async (request) => {
    const { id } = /** @type {{ id: string }} */ (request.params);
    const { content } = /** @type {{ content: string }} */ (request.body);
    let text = '';
    for await (const piece of pieces(model, content)) {
      text += piece;
      await publisher.publish(id, `event: delta\ndata: ${JSON.stringify({ text: piece })}\n\n`);
    }
    await publisher.publish(id, `event: completed\ndata: ${JSON.stringify({ content: text })}\n\n`);
    return {};
  });

  app.get('/chatroom/:id/stream', (request, reply) => {
    const { id } = /** @type {{ id: string }} */ (request.params);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    listeners.set(id, [...(listeners.get(id) ?? []), reply.raw]);
  });
}

/** @param {import('@google/generative-ai').GenerativeModel} model @param {string} content */
async function* pieces(model, content) {
  const { stream } = await model.generateContentStream(content);
  for await (const chunk of stream) yield chunk.text();
}

/** @param {string} redisUrl @returns who listens to a room */
async function listen(redisUrl) {
  /** @type {Map<string, import('node:http').ServerResponse[]>} */
  const listeners = new Map();
  const subscriber = new Redis(redisUrl);
  await subscriber.psubscribe('*');
  let id = 0;
  subscriber.on('pmessage', (_pattern, room, frame) => {
    id += 1;
    for (const response of listeners.get(room) ?? []) {
      response.write(`id: ${id}\n${frame}`);
      if (frame.startsWith('event: completed')) response.end();
    }
  });
  return listeners;
}
