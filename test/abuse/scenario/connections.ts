import { atMost, type Scenario } from '../abuse.js';
import { rawRequest } from '../raw-request.js';

/** Requests without a known user that an address may make in a minute. */
const ANONYMOUS = 300;
/** Connections that are opened and never finish a request. */
const SLOW = 400;

const slow: Scenario = {
  name: 'slow-requests',
  about: `${SLOW} connections that send a byte a second of a head or a body`,
  async prepare(setup) {
    const addresses = setup.newAddresses(20);
    const requests = addresses.flatMap((from) => {
      const whole = rawRequest({ method: 'POST', path: '/auth/login', from, body: 'a'.repeat(8_000) });
      return [whole.slice(0, -7_990), whole.slice(0, 60)];
    });
    return {
      volleys: [{ requests, lanes: SLOW, atMost: SLOW, left: true, drip: 1_000 }],
      count: ({ answers }) => [atMost('requests that failed', answers['500'] ?? 0, 0)],
    };
  },
};

/** The limit of a person in a minute. */
const PERSON = 300;

const refused: Scenario = {
  name: 'refused-flood',
  about: '150 requests a second from one address that end in 401 or 404',
  async prepare(setup, { seconds, random }) {
    const from = setup.newAddress();
    const requests = [
      rawRequest({ path: '/user/me', from }),
      rawRequest({ path: '/chatroom', from, token: `no.token.${random.between(1, 1e9)}` }),
      rawRequest({ path: '/no/such/route', from }),
      rawRequest({ method: 'DELETE', path: '/auth/login', from }),
    ];
    return {
      volleys: [{ requests, perSecond: 150, atMost: 150 * seconds }],
      count: ({ sent, answers }) => [
        atMost('answers beyond the limit of an address', sent - (answers['429'] ?? 0), ANONYMOUS),
      ],
    };
  },
};

const refusedPerson: Scenario = {
  name: 'refused-person',
  about: '400 requests a second from one person, who may send 300 in a minute',
  async prepare(setup, { seconds }) {
    const { accessToken: token } = await setup.system.user();
    const from = setup.newAddress();
    const requests = ['/user/me', '/chatroom'].map((path) => rawRequest({ path, from, token }));
    return {
      volleys: [{ requests, perSecond: 400, atMost: 400 * seconds }],
      count: ({ sent, answers }) => [
        atMost('answers beyond the limit of a person', sent - (answers['429'] ?? 0), PERSON),
      ],
    };
  },
};

export const connections: Scenario[] = [slow, refused, refusedPerson];
