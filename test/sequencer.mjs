import Sequencer from '@jest/test-sequencer';

/** The test files that take longest, the longest first: one of them begun last would run on when all others are done. */
const LONGEST = [
  'chatroom/patient-streams',
  'subscription/order',
  'subscription/boundary',
  'subscription/crash',
  'chatroom/stream-load',
  'bench/bench',
  'chaos/chaos',
  'auth/otp-delivery',
  'chatroom/streams-takeover',
  'reliability/processes',
  'subscription/checkout',
  'launcher/launcher',
  'auth/otp',
  'chatroom/provider-limits',
  'chatroom/reply-faults',
  'chatroom/paging',
  'chatroom/streams-redis-away',
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
