import Stripe from 'stripe';
import type { StripeSandbox } from '../../dev/sandbox/stripe/sandbox.js';
import type { Client } from './client.js';
import { eventually } from './eventually.js';
import type { System } from './system.js';

const GOOD_CARD = '4242424242424242';
export const FAILS_LATER = '4000000000000341';

/** The real SDK, pointed at the sandbox. */
export function stripeSdk(sandbox: StripeSandbox): Stripe {
  const { hostname, port } = new URL(sandbox.url);
  return new Stripe('sk_test_of_the_tests', {
    host: hostname,
    port: Number(port),
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** Asks a control of the sandbox. */
export async function control(sandbox: StripeSandbox, path: string, body: unknown = {}): Promise<any> {
  const answer = await fetch(`${sandbox.url}/sandbox${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

export interface PastAnswer {
  /** Ends when the request has come, and the answer is made. */
  asked: Promise<void>;
  release: () => void;
}

/** Keeps back the answer to the next such request about a customer: it is of the past when it is released. */
export function holdOneAnswer(sandbox: StripeSandbox, match: string, customer: string): PastAnswer {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const asked = new Promise<void>((resolve) => {
    const until = () => {
      resolve();
      return released;
    };
    sandbox.world.faults.add({ match, about: customer, kind: 'late', times: 1, until });
  });
  return { asked, release };
}

/** The Stripe customer of a person. */
export async function customerOf(system: System, userId: string): Promise<string> {
  const { rows } = await system.db.query('SELECT id FROM stripe_customer WHERE user_id = $1', [userId]);
  return rows[0]?.id;
}

/** Opens a checkout through the product and pays it at the sandbox. @returns the Stripe customer */
export async function buyPro(
  system: System,
  client: Client & { user: { id: string } },
  card = GOOD_CARD,
): Promise<string> {
  const { body, status } = await client.post('/subscribe/pro');
  if (status !== 201) throw new Error(`no checkout: ${status} ${JSON.stringify(body)}`);
  await control(system.stripe, `/checkout/${body.sessionId}/pay`, { card });
  return customerOf(system, client.user.id);
}

export async function statusOf(client: Client): Promise<any> {
  const { body } = await client.get('/subscription/status');
  return body;
}

/** Waits until the product says what is expected of the subscription. */
export async function untilStatus(client: Client, expected: Record<string, unknown>, timeout = 15_000) {
  return eventually(
    `the status ${JSON.stringify(expected)}`,
    async () => {
      const status = await statusOf(client);
      for (const [key, value] of Object.entries(expected)) {
        if (status[key] !== value) throw new Error(`it is ${JSON.stringify(status)}`);
      }
      return status;
    },
    timeout,
  );
}

/** Waits until Stripe has brought every event and a worker has acted on each. */
export async function untilEventsAreDone(system: System, timeout = 15_000): Promise<void> {
  await eventually(
    'every event to be acted on',
    async () => {
      const { rows } = await system.db.query(
        'SELECT count(*)::int AS pending FROM stripe_event WHERE processed_at IS NULL',
      );
      const sent = Object.values(system.stripe.world.store.state.deliveries);
      return rows[0].pending === 0 && sent.every(({ status }) => status !== 'pending');
    },
    timeout,
  );
}

/** Stored events with the attempts that were made at each, to be followed by a condition on `e`. */
export const EVENTS = `
  SELECT e.id, e.processed_at, coalesce(w.claim, e.attempts) AS attempts, w.last_error,
         extract(epoch FROM w.run_at - now())::float8 AS wait
  FROM stripe_event e LEFT JOIN work_item w ON w.kind = 'stripe-event' AND w.subject_id = e.id`;
