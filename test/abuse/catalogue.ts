import type { Scenario } from './abuse.js';
import { bodies } from './scenario/bodies.js';
import { connections } from './scenario/connections.js';
import { messages } from './scenario/messages.js';
import { pages } from './scenario/pages.js';
import { payment } from './scenario/payment.js';
import { replies } from './scenario/replies.js';
import { signIn } from './scenario/sign-in.js';

/** All there are, in the order in which they are run. */
export const SCENARIOS: Scenario[] = [
  ...bodies,
  ...pages,
  ...signIn,
  ...messages,
  ...payment,
  ...replies,
  ...connections,
];
