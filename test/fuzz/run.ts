import type { Servers } from '../support/databases.js';
import { System } from '../support/system.js';
import type { Part, Plan } from './finding.js';
import { fuzzModel } from './model/fuzz-model.js';
import { LIMIT } from './model/model.js';
import { fuzzRequests } from './request/fuzz-requests.js';

export const PARTS = ['requests', 'model'] as const;

export interface FuzzOptions extends Plan {
  /** One part alone. */
  only?: (typeof PARTS)[number];
  /** Those of `npm test` if not given. */
  servers?: Servers;
}

/** Requests for which one conversation is played, which takes as long as they do. */
const REQUESTS_A_MODEL_RUN = 100;

/** Runs the parts, one after the other, against a product of their own: two API processes and a worker. */
export async function runFuzz({ only, servers, ...plan }: FuzzOptions): Promise<Part[]> {
  const env = { BASIC_TIER_DAILY_PROMPT_LIMIT: String(LIMIT) };
  const system = await System.start({ servers, apis: 2, env });
  const conversations = { ...plan, runs: Math.ceil(plan.runs / REQUESTS_A_MODEL_RUN) };
  try {
    const parts: Part[] = [];
    if (only !== 'model') parts.push(await fuzzRequests(system, plan));
    if (only !== 'requests' && !plan.signal?.aborted) parts.push(await fuzzModel(system, conversations));
    return parts;
  } finally {
    await system.stop();
  }
}
