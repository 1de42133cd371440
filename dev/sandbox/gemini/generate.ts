import { randomUUID } from 'node:crypto';
import { readConversation } from './conversation.js';
import { ClientDisconnected, type Exchange } from './exchange.js';
import { badKey, googleError, unknownModel, type GoogleError } from './google-error.js';
import type { Call } from './journal.js';
import { findModel } from './model-catalog.js';
import { conversationKey, makePlan, type Plan } from './plan.js';
import type { Sandbox } from './sandbox.js';
import { sendStream, sendWhole } from './respond.js';
import { composeChunks } from './response-chunks.js';
import type { Conversation } from './wire.js';

const MISSING_KEY =
  "Method doesn't allow unregistered callers (callers without established identity). " +
  'Please use API Key or other form of API consumer identity to call this API.';

/** Null when the key is valid: every key is, except an empty one and `invalid`. */
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

/** Serves `generateContent` and `streamGenerateContent` and records the call in the journal. */
export async function generate(sandbox: Sandbox, exchange: Exchange, request: GenerateCall): Promise<void> {
  const call = sandbox.journal.open(request.method, request.model, request.key);
  try {
    await respond(sandbox, exchange, request, call);
  } catch (error) {
    if (!(error instanceof ClientDisconnected)) throw error;
    call.outcome = 'aborted';
  } finally {
    sandbox.journal.close(call, call.outcome === 'running' ? 'broken' : call.outcome);
  }
}

async function respond(
  sandbox: Sandbox,
  exchange: Exchange,
  request: GenerateCall,
  call: Call,
): Promise<void> {
  const read = readConversation(request.body);
  if ('conversation' in read) sandbox.journal.describe(call, read.conversation);
  const refusal =
    refuseKey(request.key) ??
    refuseModel(request) ??
    ('error' in read ? read.error : sandbox.faults.admit(request.model));
  if (refusal || 'error' in read) return refuse(exchange, call, refusal ?? googleError(400));
  const plan = planCall(sandbox, request.model, read.conversation);
  call.directives = plan.applied;
  await exchange.pause(plan.style.latencyMs);
  if (plan.fault?.kind === 'refuse') return refuse(exchange, call, plan.fault.error, plan.fault.headers);
  const chunks = composeChunks(read.conversation, plan, {
    modelVersion: request.model,
    responseId: randomUUID(),
  });
  const send = request.method === 'streamGenerateContent' ? sendStream : sendWhole;
  await send(exchange, call, plan, chunks);
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

function refuse(exchange: Exchange, call: Call, error: GoogleError, headers?: Record<string, string>): void {
  exchange.refuse(error, headers);
  call.status = error.code;
  call.outcome = 'refused';
}
