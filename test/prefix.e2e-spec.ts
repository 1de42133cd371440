import { Client } from './support/client.js';
import { newMobile } from './support/people.js';
import { openRoom, send } from './support/rooms.js';
import { buyPro, stripeSdk, untilStatus } from './support/stripe.js';
import { System } from './support/system.js';

const PASSWORD = 'the-password-of-the-board';
const ADMIN = {
  headers: { Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` },
};

describe('API_PREFIX=api/v1', () => {
  let system: System;
  let origin: Client;
  let prefixed: Client;

  beforeAll(async () => {
    const env = { API_PREFIX: 'api/v1', ADMIN_PASSWORD: PASSWORD, AUTH_RATE_LIMIT_PER_MINUTE: '3' };
    system = await System.start({ env });
    origin = system.client();
    prefixed = new Client(`${origin.url}/api/v1`);
    system.stripe.world.deliveries.endpoint.url = `${prefixed.url}/webhook/stripe`;
  });
  afterAll(() => system?.stop());

  const person = async () => {
    const user = await system.user();
    return Object.assign(prefixed.as(user.accessToken), { user });
  };

  it('stands before every route of the product, and before none of its operators', async () => {
    const me = await person();
    expect((await me.get('/user/me')).status).toBe(200);
    expect((await origin.as(me.user.accessToken).get('/user/me')).body.code).toBe('route.not_found');
    for (const path of ['/healthz', '/readyz', '/metrics', '/docs', '/docs-json', '/docs-yaml', '/queues']) {
      expect([path, (await origin.get(path, ADMIN)).status]).toEqual([path, 200]);
      expect([path, (await prefixed.get(path, ADMIN)).status]).toEqual([path, 404]);
    }
  });

  it('is in the document, which so can be tried out', async () => {
    const { paths } = (await origin.get('/docs-json')).body;
    const unprefixed = Object.keys(paths).filter((path) => !path.startsWith('/api/v1/'));
    expect(unprefixed.sort()).toEqual(['/healthz', '/metrics', '/readyz']);
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/v1/chatroom/{id}/message']));
  });

  it('is in the Location of a reply', async () => {
    const me = await person();
    const room = await openRoom(me);
    const answer = await send(me, room, 'hello');
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/api/v1/chatroom/${room}/message/${answer.body.reply.id}`);
    const reply = await origin.as(me.user.accessToken).get(location);
    expect([reply.status, reply.body.id]).toEqual([200, answer.body.reply.id]);
  });

  it('is in where Stripe sends its events, and a person after the payment', async () => {
    const me = await person();
    await buyPro(system, me);
    await untilStatus(me, { tier: 'pro' });
    const { sessionId } = (await (await person()).post('/subscribe/pro')).body;
    const session = await stripeSdk(system.stripe).checkout.sessions.retrieve(sessionId);
    for (const url of [session.success_url, session.cancel_url]) {
      expect(url).toMatch(`${prefixed.url}/checkout/`);
      expect((await fetch(url ?? '')).status).toBe(200);
    }
  });

  it('is seen through by the burst limit of /auth/*', async () => {
    const guess = () => prefixed.post('/auth/login', { ...newMobile(), password: 'whatever it is' });
    const me = await person();
    for (let n = 0; n < 3; n++) expect((await guess()).status).toBe(401);
    const { status, body } = await guess();
    expect([status, body.code]).toEqual([429, 'rate_limit.exceeded']);
    expect((await me.get('/user/me')).status).toBe(200);
  });
});
