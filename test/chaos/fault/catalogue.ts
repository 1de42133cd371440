import type { Random } from '../../support/random.js';
import * as onProcesses from './process-faults.js';
import type { FaultContext } from './fault-context.js';
import * as onServers from './server-faults.js';

export interface Fault {
  name: string;
  weight: number;
  /** What it breaks: two faults of one round never break the same. */
  target: 'workers' | 'apis' | 'redis' | 'postgres' | 'all';
  /** What it is to bring about needs replies that take their time. */
  slowReplies?: boolean;
  strike(context: FaultContext): Promise<void>;
}

const FAULTS: Fault[] = [
  { name: 'die-at-failpoint', weight: 6, target: 'all', strike: onProcesses.dieAtFailpoint },
  { name: 'kill-workers', weight: 5, target: 'workers', strike: onProcesses.killWorkers },
  {
    name: 'freeze-worker',
    weight: 8,
    target: 'workers',
    slowReplies: true,
    strike: onProcesses.freezeWorker,
  },
  { name: 'drain-worker', weight: 1, target: 'workers', strike: onProcesses.drainWorker },
  { name: 'kill-api', weight: 4, target: 'apis', strike: onProcesses.killApi },
  { name: 'freeze-api', weight: 1.5, target: 'apis', strike: onProcesses.freezeApi },
  { name: 'kill-everything', weight: 0.5, target: 'all', strike: onProcesses.killEverything },
  { name: 'kill-redis', weight: 3, target: 'redis', strike: onServers.killRedis },
  { name: 'flush-redis', weight: 2, target: 'redis', strike: onServers.flushRedis },
  { name: 'freeze-redis', weight: 2, target: 'redis', strike: onServers.freezeRedis },
  { name: 'kill-postgres', weight: 2, target: 'postgres', strike: onServers.killPostgres },
  { name: 'freeze-postgres', weight: 2, target: 'postgres', strike: onServers.freezePostgres },
  { name: 'drop-connections', weight: 1, target: 'postgres', strike: onServers.dropConnections },
  { name: 'cut-after-commit', weight: 3, target: 'postgres', strike: onServers.cutAfterCommit },
];

/** One, two or three faults for a round, none of them at what another breaks. */
export function chooseFaults(random: Random): Fault[] {
  const chosen: Fault[] = [];
  for (let wanted = random.pick([1, 1, 2, 2, 3]); wanted > 0; wanted -= 1) {
    const taken = chosen.map(({ target }) => target);
    const free = FAULTS.filter(({ target }) => !taken.includes(target));
    if (free.length > 0) chosen.push(random.weighted(free));
  }
  return chosen;
}
