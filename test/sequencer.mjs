import Sequencer from '@jest/test-sequencer';

/**
 * The test files that take longest, first: one of them begun last would run on when all others are done. Those that
 * mostly wait stand between those that need the processor.
 */
const LONGEST = [
  'chatroom/patient-streams',
  'subscription/order',
  'subscription/boundary',
  'subscription/crash',
  'bench/bench',
  'auth/otp-delivery',
  'launcher/launcher',
  'chatroom/stream-load',
  'chatroom/streams-takeover',
  'reliability/processes',
  'chaos/chaos',
  'subscription/checkout',
  'auth/otp',
  'chatroom/provider-limits',
  'chatroom/streams-redis-away',
  'chatroom/paging',
  'auth/burst-limit',
].map((name) => `/test/${name}.e2e-spec.ts`);

/** Jest itself knows from earlier runs alone how long a file takes; a first run in a clone begins with these too. */
export default class extends Sequencer {
  async sort(tests) {
    const rank = ({ path }) => {
      const at = LONGEST.findIndex((name) => path.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(tests)).sort((a, b) => rank(a) - rank(b));
  }
}
