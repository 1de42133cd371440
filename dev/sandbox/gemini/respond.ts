import type { Exchange } from './exchange.js';
import type { Fault } from './fault.js';
import type { Call } from './journal.js';
import type { Plan } from './plan.js';
import { joinChunks, visibleText } from './response-chunks.js';
import type { GenerateContentResponse } from './wire.js';

/** Sends the chunks as a stream, up to the fault if there is one. The last chunk is never sent before a fault. */
export async function sendStream(
  exchange: Exchange,
  call: Call,
  plan: Plan,
  chunks: GenerateContentResponse[],
): Promise<void> {
  const { fault, style } = plan;
  for (const chunk of beforeFault(chunks, fault)) {
    await exchange.pause(style.chunkDelayMs);
    if (style.clock) writeTime(chunk);
    await exchange.event(chunk, style.form, style.splitBytes);
    recordChunk(call, chunk);
  }
  if (fault && 'after' in fault) await exchange.pause(style.chunkDelayMs);
  if (await hangOrCut(exchange, call, fault)) return;
  if (fault?.kind === 'error-chunk') {
    await exchange.event({ error: fault.error });
    call.status = fault.error.code;
  }
  exchange.end();
  call.status ??= 200;
  recordOutcome(call, fault);
}

/** Sends one response: an error chunk becomes its error, and an unfinished one lacks the finish reason. */
export async function sendWhole(
  exchange: Exchange,
  call: Call,
  plan: Plan,
  chunks: GenerateContentResponse[],
): Promise<void> {
  const { fault } = plan;
  if (await hangOrCut(exchange, call, fault)) return;
  if (fault?.kind === 'error-chunk') {
    exchange.refuse(fault.error);
    call.status = fault.error.code;
    return recordOutcome(call, fault);
  }
  const response = joinChunks(chunks);
  if (fault?.kind === 'unfinished') delete response.candidates?.[0]?.finishReason;
  exchange.json(200, response);
  recordChunk(call, response);
  recordOutcome(call, fault);
}

function beforeFault(chunks: GenerateContentResponse[], fault: Fault | null): GenerateContentResponse[] {
  const interrupted = fault && 'after' in fault && fault.kind !== 'finish';
  return interrupted ? chunks.slice(0, Math.min(fault.after, chunks.length - 1)) : chunks;
}

/** Executes the faults `hang`, until the client disconnects, and `cut`. @returns true when the connection was cut */
async function hangOrCut(exchange: Exchange, call: Call, fault: Fault | null): Promise<boolean> {
  if (fault?.kind === 'hang') await exchange.hang(fault.commentsEvery);
  if (fault?.kind !== 'cut') return false;
  call.outcome = 'cut';
  exchange.cut();
  return true;
}

/** The text is the time in milliseconds since 1970: the reader can compute the delay. */
function writeTime(chunk: GenerateContentResponse): void {
  const now = performance.timeOrigin + performance.now();
  for (const part of chunk.candidates?.[0]?.content?.parts ?? []) part.text = `${now.toFixed(1)} `;
}

function recordChunk(call: Call, chunk: GenerateContentResponse): void {
  const candidate = chunk.candidates?.[0];
  call.status = 200;
  call.chunksSent += 1;
  call.text += visibleText(candidate?.content?.parts ?? []);
  call.finishReason = candidate?.finishReason ?? chunk.promptFeedback?.blockReason ?? call.finishReason;
}

function recordOutcome(call: Call, fault: Fault | null): void {
  const finished = call.finishReason === 'STOP' || call.finishReason === 'MAX_TOKENS';
  if (fault?.kind === 'error-chunk') call.outcome = 'broken';
  else if (fault?.kind === 'unfinished') call.outcome = 'unfinished';
  else call.outcome = finished && fault?.kind !== 'block' ? 'completed' : 'blocked';
}
