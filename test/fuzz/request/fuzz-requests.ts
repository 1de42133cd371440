import fc from 'fast-check';
import { ApiDocument } from '../answer/document.js';
import { judge, type Violation } from '../answer/judge.js';
import type { System } from '../../support/system.js';
import type { Finding, Part, Plan } from '../finding.js';
import { Principals } from './principals.js';
import { RequestCount } from './count.js';
import { exchange } from './exchange.js';
import { request, type Request } from './request.js';

/** Findings after which a run gives up: whatever is broken then is broken everywhere. */
const ENOUGH = 20;

/**
 * Throws generated requests at the API and judges every answer. Each kind of violation is shrunk and reported once;
 * then the run goes on.
 */
export async function fuzzRequests(system: System, plan: Plan): Promise<Part> {
  const document = await ApiDocument.read(system.client());
  const principals = await Principals.assemble(system);
  const count = new RequestCount(document.operations.map(({ name }) => name));
  const findings: Finding[] = [];
  const known = new Set<string>();
  const property = fc.asyncProperty(request(document.operations), async (asked) => {
    const violations = await ask(asked);
    if (violations.some((violation) => !known.has(kindOf(violation)))) throw new Violated(violations);
  });
  const ask = async (asked: Request) => {
    plan.signal?.throwIfAborted();
    const held = await exchange(system, principals, document, asked);
    count.add(held);
    if (count.total % 500 === 0) plan.progress(`  ${count.total} requests`);
    await replaceTheHurt(principals, asked, held.answer?.status);
    return judge(held).concat(livenessOf(system));
  };
  for (let left = plan.runs, seed = plan.seed; left > 0 && findings.length < ENOUGH; seed += 1) {
    const details = await fc.check(property, { seed, path: plan.path, numRuns: left, endOnFailure: false });
    if (plan.signal?.aborted || !details.failed) break;
    if (!(details.errorInstance instanceof Violated)) throw details.errorInstance;
    const { violations } = details.errorInstance;
    for (const violation of violations) known.add(kindOf(violation));
    left -= details.numRuns;
    const replay = `--only requests --seed ${seed} --path ${details.counterexamplePath}`;
    const [counterexample] = details.counterexample ?? [];
    findings.push({ violations: violations.map(describe), counterexample, replay });
    plan.report({ violations: violations.map(describe), counterexample, replay });
  }
  return { name: 'requests', runs: count.total, counts: count.rows(), findings };
}

class Violated extends Error {
  constructor(readonly violations: Violation[]) {
    super(violations.map(describe).join('; '));
  }
}

const describe = ({ invariant, fault }: Violation) => `${invariant}: ${fault}`;
/** Ids and numbers differ from case to case; what was wrong does not. */
const kindOf = (violation: Violation) => describe(violation).replace(/[0-9a-f-]{36}|\d{4,}|"[^"]*"/g, '…');

/** Who was signed out or deleted, or lost a room, cannot be asked about any more. */
async function replaceTheHurt(principals: Principals, asked: Request, status = 0): Promise<void> {
  const harmful = asked.method === 'DELETE' || /logout|password|otp/.test(asked.target);
  if (!harmful || status < 200 || status > 299) return;
  await principals.renew('owner');
  await principals.renew('stranger');
}

function livenessOf(system: System): Violation[] {
  const dead = system.apis.filter(({ running }) => !running);
  return dead.map(({ output }) => ({ invariant: 'the process lives', fault: output.slice(-2_000) }));
}
