import type { Exchange } from './exchange.js';
import type { Fault } from './fault.js';
import type { Call } from './journal.js';
import type { Plan } from './plan.js';
import { joinScript, visibleText } from './script.js';
import type { Answer } from './wire.js';

/** Streams the chunks, unless a fault comes in between. The last chunk is never sent before a fault. */
export async function performStream(
  exchange: Exchange,
  call: Call,
  plan: Plan,
  script: Answer[],
): Promise<void> {
  const { fault, style } = plan;
  for (const chunk of beforeFault(script, fault)) {
    await exchange.pause(style.chunkDelayMs);
    if (style.clock) tellTime(chunk);
    await exchange.event(chunk, style.splitBytes);
    note(call, chunk);
  }
  if (fault && 'after' in fault) await exchange.pause(style.chunkDelayMs);
  if (await fallSilent(exchange, call, fault)) return;
  if (fault?.kind === 'error-chunk') {
    await exchange.event({ error: fault.error });
    call.status = fault.error.code;
  }
  exchange.end();
  call.status ??= 200;
  settle(call, fault);
}

/** Without a stream there is no middle: an error chunk is the error, and an unfinished answer lacks its finish reason. */
export async function performWhole(
  exchange: Exchange,
  call: Call,
  plan: Plan,
  script: Answer[],
): Promise<void> {
  const { fault } = plan;
  if (await fallSilent(exchange, call, fault)) return;
  if (fault?.kind === 'error-chunk') {
    exchange.refuse(fault.error);
    call.status = fault.error.code;
    return settle(call, fault);
  }
  const answer = joinScript(script);
  if (fault?.kind === 'unfinished') delete answer.candidates?.[0]?.finishReason;
  exchange.json(200, answer);
  note(call, answer);
  settle(call, fault);
}

function beforeFault(script: Answer[], fault: Fault | null): Answer[] {
  const interrupted = fault && 'after' in fault && fault.kind !== 'finish';
  return interrupted ? script.slice(0, Math.min(fault.after, script.length - 1)) : script;
}

/** True when the connection was cut; hangs, until the client leaves, when the call is to hang. */
async function fallSilent(exchange: Exchange, call: Call, fault: Fault | null): Promise<boolean> {
  if (fault?.kind === 'hang') await exchange.hang();
  if (fault?.kind !== 'cut') return false;
  call.outcome = 'cut';
  exchange.cut();
  return true;
}

/** Milliseconds since 1970, so that whoever reads the text knows how long it was on its way. */
function tellTime(chunk: Answer): void {
  const now = performance.timeOrigin + performance.now();
  for (const part of chunk.candidates?.[0]?.content?.parts ?? []) part.text = `${now.toFixed(1)} `;
}

function note(call: Call, chunk: Answer): void {
  const candidate = chunk.candidates?.[0];
  call.status = 200;
  call.chunksSent += 1;
  call.text += visibleText(candidate?.content?.parts ?? []);
  call.finishReason = candidate?.finishReason ?? chunk.promptFeedback?.blockReason ?? call.finishReason;
}

function settle(call: Call, fault: Fault | null): void {
  const wholly = call.finishReason === 'STOP' || call.finishReason === 'MAX_TOKENS';
  if (fault?.kind === 'error-chunk') call.outcome = 'broken';
  else if (fault?.kind === 'unfinished') call.outcome = 'unfinished';
  else call.outcome = wholly && fault?.kind !== 'block' ? 'completed' : 'blocked';
}
