// @ts-check

const ME = `SELECT id, mobile, email, name, verified_at AS "verifiedAt", created_at AS "createdAt" FROM app_user WHERE id = $1`;
const ROOMS = `
  SELECT id, title, model, message_count AS "messageCount",
         last_message_at AS "lastMessageAt", created_at AS "createdAt", updated_at AS "updatedAt"
  FROM chatroom WHERE user_id = $1 ORDER BY activity_at DESC, id DESC LIMIT 20`;

/**
 * What is asked, by one statement.
 * @param {import('fastify').FastifyInstance} app @param {import('pg').Pool} db
 */
export function serveReads(app, db) {
  app.get('/user/me', async (request) => {
    const { rows } = await db.query({ name: 'me', text: ME, values: [request.getDecorator('userId')] });
    return rows[0];
  });
  app.get('/chatroom', async (request) => {
    const { rows } = await db.query({ name: 'rooms', text: ROOMS, values: [request.getDecorator('userId')] });
    return { data: rows, nextCursor: null };
  });
}
