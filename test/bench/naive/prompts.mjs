// @ts-check
import { Queue } from 'bullmq';
import { v7 as uuidv7 } from 'uuid';

const CHARGE = `
  INSERT INTO quota_usage AS q (user_id, day, used) VALUES ($1, (now() AT TIME ZONE 'UTC')::date, 1)
  ON CONFLICT (user_id, day) DO UPDATE SET used = q.used + 1`;
const INSERT = `
  INSERT INTO message (id, chatroom_id, number, role, status, content, reply_to, completed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7::uuid IS NULL THEN now() END)
  RETURNING id, created_at AS "createdAt"`;

/**
 * A prompt: the rows that the product's one statement inserts, one by one, then a job.
 * @param {import('fastify').FastifyInstance} app
 * @param {{ db: import('pg').Pool, redisUrl: string }} servers
 */
export function servePrompts(app, { db, redisUrl }) {
  const { hostname: host, port, password, pathname } = new URL(redisUrl);
  const connection = { host, port: Number(port), password, db: Number(pathname.slice(1)) };
  const queue = new Queue('naive', { connection });
  // Numbers must differ within a room; here nobody asks whether they follow one another.
  let number = 0;

  app.post('/chatroom/:id/message', async (request, reply) => {
    const { id: roomId } = /** @type {{ id: string }} */ (request.params);
    const { content } = /** @type {{ content: string }} */ (request.body);
    const [promptId, replyId] = [uuidv7(), uuidv7()];
    await db.query({ name: 'charge', text: CHARGE, values: [request.getDecorator('userId')] });
    const insert = async (/** @type {unknown[]} */ values) => {
      const { rows } = await db.query({ name: 'insert', text: INSERT, values });
      return rows[0];
    };
    const message = await insert([promptId, roomId, (number += 1), 'user', 'completed', content, null]);
    const answer = await insert([replyId, roomId, (number += 1), 'model', 'queued', null, promptId]);
    await queue.add('generate', { replyId }, { removeOnComplete: true, removeOnFail: true });
    return reply.status(202).send({ message: { ...message, content }, reply: answer });
  });
}
