import { randomUUID } from 'node:crypto';
import { readConversation } from './conversation.js';
import { ClientGone, type Exchange } from './exchange.js';
import { badKey, googleError, unknownModel, type GoogleError } from './google-error.js';
import type { Call } from './journal.js';
import { findModel } from './model-catalog.js';
import { conversationKey, makePlan, type Plan } from './plan.js';
import type { Sandbox } from './sandbox.js';
import { performStream, performWhole } from './perform.js';
import { writeScript } from './script.js';
import type { Conversation } from './wire.js';

const MISSING_KEY =
  "Method doesn't allow unregistered callers (callers without established identity). " +
  'Please use API Key or other form of API consumer identity to call this API.';

/** Null when the key is good. Every key is, but for an empty one and `invalid`. */
export function refuseKey(key: string): GoogleError | null {
  if (!key) return googleError(403, MISSING_KEY);
  return key === 'invalid' ? badKey() : null;
}

export interface GenerateCall {
  method: string;
  model: string;
  key: string;
  body: string;
}

/** Answers `generateContent` and `streamGenerateContent`, and notes in the journal how it went. */
export async function generate(sandbox: Sandbox, exchange: Exchange, asked: GenerateCall): Promise<void> {
  const call = sandbox.journal.open(asked.method, asked.model, asked.key);
  try {
    await answer(sandbox, exchange, asked, call);
  } catch (error) {
    if (!(error instanceof ClientGone)) throw error;
    call.outcome = 'aborted';
  } finally {
    sandbox.journal.close(call, call.outcome === 'running' ? 'broken' : call.outcome);
  }
}

async function answer(sandbox: Sandbox, exchange: Exchange, asked: GenerateCall, call: Call): Promise<void> {
  const read = readConversation(asked.body);
  if ('conversation' in read) sandbox.journal.describe(call, read.conversation);
  const refusal =
    refuseKey(asked.key) ??
    refuseModel(asked) ??
    ('error' in read ? read.error : sandbox.faults.admit(asked.model));
  if (refusal || 'error' in read) return refuse(exchange, call, refusal ?? googleError(400));
  const plan = planCall(sandbox, asked.model, read.conversation);
  call.directives = plan.obeyed;
  await exchange.pause(plan.style.latencyMs);
  if (plan.fault?.kind === 'refuse') return refuse(exchange, call, plan.fault.error);
  const script = writeScript(read.conversation, plan, {
    modelVersion: asked.model,
    responseId: randomUUID(),
  });
  const perform = asked.method === 'streamGenerateContent' ? performStream : performWhole;
  await perform(exchange, call, plan, script);
}

function planCall(
  { faults, counter, chunkDelayMs }: Sandbox,
  model: string,
  conversation: Conversation,
): Plan {
  const prompt = conversation.turns.at(-1)?.text ?? '';
  const sources = [...faults.sourceFor(prompt), { text: prompt, key: conversationKey(conversation) }];
  return makePlan({ sources, model, chunkDelayMs, counter });
}

function refuseModel({ model, method }: GenerateCall): GoogleError | null {
  return findModel(model) ? null : unknownModel(model, method);
}

function refuse(exchange: Exchange, call: Call, error: GoogleError): void {
  exchange.refuse(error);
  call.status = error.code;
  call.outcome = 'refused';
}
