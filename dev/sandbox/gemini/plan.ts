import { createHash } from 'node:crypto';
import { InvalidDirective, parseDirectives, integer, type Directive } from './directive.js';
import { faultOf, type Fault } from './fault.js';
import { DEFAULT_MODEL } from './model-catalog.js';
import { applyStyle, isStyle, plainStyle, type Style } from './style.js';
import type { UseCounter } from './use-counter.js';
import type { Conversation } from './wire.js';

/** How one call is served. */
export interface Plan {
  style: Style;
  fault: Fault | null;
  /** The directives that are applied, and those that are unknown or invalid. */
  applied: string[];
  unknown: string[];
}

export interface PlanInput {
  /** Directive texts with the key under which `times=` is counted, in order of precedence. */
  sources: { text: string; key: string }[];
  model: string;
  chunkDelayMs: number;
  counter: UseCounter;
}

/** Calls with equal turns and instruction share their `times=` count, whatever the model. */
export function conversationKey({ turns, systemInstruction }: Conversation): string {
  return createHash('sha256')
    .update(JSON.stringify([turns, systemInstruction]))
    .digest('base64url');
}

/** The first fault whose conditions hold is the fault of the call; directives about style add up. */
export function makePlan({ sources, model, chunkDelayMs, counter }: PlanInput): Plan {
  const plan: Plan = { style: plainStyle(chunkDelayMs), fault: null, applied: [], unknown: [] };
  for (const { text, key } of sources) {
    for (const [index, directive] of parseDirectives(text).entries()) {
      try {
        apply(plan, directive, model, (times) => counter.take(`${key}/${index}`, times));
      } catch (error) {
        if (!(error instanceof InvalidDirective)) throw error;
        plan.unknown.push(directive.source);
      }
    }
  }
  return plan;
}

function apply(plan: Plan, directive: Directive, model: string, take: (times: number) => boolean): void {
  const fault = isStyle(directive.name) ? null : faultOf(directive, model);
  if (!fault && !isStyle(directive.name)) throw new InvalidDirective('unknown');
  if (fault && plan.fault) return;
  const { options } = directive;
  const only = options.get('model');
  if (only && model !== (only === 'primary' ? DEFAULT_MODEL : only)) return;
  const times = options.get('times');
  if (times && !take(integer(times, 1_000_000))) return;
  if (fault) plan.fault = fault;
  else applyStyle(plan.style, directive);
  plan.applied.push(directive.source);
}
