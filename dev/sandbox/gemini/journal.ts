import { createHash } from 'node:crypto';
import type { Conversation } from './wire.js';

/** How a call ended. `aborted`: the client disconnected. `cut`, `unfinished`, `broken`: faults of a directive, in mid-stream. */
export type Outcome =
  'running' | 'completed' | 'refused' | 'blocked' | 'broken' | 'cut' | 'unfinished' | 'aborted';

export interface Call {
  /** The number of the call since the start, without gaps, in order of arrival. */
  sequence: number;
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  method: string;
  model: string;
  keyHash: string;
  /** The number of turns, also when their texts are removed. */
  turns: number;
  contents: Conversation['turns'];
  systemInstruction: string;
  maxOutputTokens: number | null;
  directives: string[];
  outcome: Outcome;
  /** The HTTP status, or that of the error chunk; null before the response. */
  status: number | null;
  finishReason: string | null;
  chunksSent: number;
  /** Visible text sent so far. */
  text: string;
  /** The texts were removed to limit memory. */
  textsDropped: boolean;
  clientAborted: boolean;
  clientAbortedAt: string | null;
}

/**
 * The calls to the sandbox. At most `maxCalls` are kept: the oldest are removed. At most `maxCharacters` of texts are
 * kept: the oldest calls lose their texts and keep everything else, so that counts stay exact.
 */
export class Journal {
  private calls: Call[] = [];
  private characters = 0;
  /** How many of the oldest calls have lost their texts. */
  private stripped = 0;
  private next = 1;
  dropped = 0;
  running = 0;

  constructor(
    private readonly maxCalls = 50_000,
    private readonly maxCharacters = 24_000_000,
  ) {}

  open(method: string, model: string, key: string): Call {
    const call: Call = {
      sequence: this.next++,
      startedAt: new Date().toISOString(),
      endedAt: null,
      durationMs: null,
      method,
      model,
      keyHash: key && createHash('sha256').update(key).digest('hex').slice(0, 16),
      turns: 0,
      contents: [],
      systemInstruction: '',
      maxOutputTokens: null,
      directives: [],
      outcome: 'running',
      status: null,
      finishReason: null,
      chunksSent: 0,
      text: '',
      textsDropped: false,
      clientAborted: false,
      clientAbortedAt: null,
    };
    this.calls.push(call);
    this.running += 1;
    return call;
  }

  describe(call: Call, conversation: Conversation): void {
    call.turns = conversation.turns.length;
    call.contents = conversation.turns;
    call.systemInstruction = conversation.systemInstruction;
    call.maxOutputTokens = conversation.maxOutputTokens;
    this.countTexts(call, textLength(call));
  }

  close(call: Call, outcome: Outcome): void {
    const now = new Date();
    call.outcome = outcome;
    call.endedAt = now.toISOString();
    call.durationMs = now.getTime() - Date.parse(call.startedAt);
    call.clientAborted = outcome === 'aborted';
    call.clientAbortedAt = call.clientAborted ? call.endedAt : null;
    this.running -= 1;
    this.countTexts(call, call.text.length);
    this.trim();
  }

  all(): readonly Call[] {
    return this.calls;
  }

  get total(): number {
    return this.next - 1;
  }

  /** Removes all calls; running ones go on and are not recorded. */
  clear(): void {
    this.calls = [];
    this.characters = 0;
    this.stripped = 0;
    this.dropped = 0;
  }

  /** Counts the texts of a call unless it has lost them. */
  private countTexts(call: Call, characters: number): void {
    const oldest = this.calls[this.stripped];
    if (oldest && call.sequence >= oldest.sequence) this.characters += characters;
  }

  private trim(): void {
    while (this.characters > this.maxCharacters) {
      const call = this.calls[this.stripped];
      if (!call) break;
      this.strip(call);
    }
    const excess = Math.max(0, this.calls.length - this.maxCalls);
    for (const call of this.calls.slice(this.stripped, excess)) this.strip(call);
    if (excess > 0) this.calls.splice(0, excess);
    this.stripped -= excess;
    this.dropped += excess;
  }

  private strip(call: Call): void {
    this.characters -= textLength(call) + (call.endedAt === null ? 0 : call.text.length);
    this.stripped += 1;
    call.textsDropped = true;
    call.contents = [];
    call.systemInstruction = '';
    if (call.endedAt !== null) call.text = '';
  }
}

const textLength = (call: Call) =>
  call.contents.reduce((sum, turn) => sum + turn.text.length, call.systemInstruction.length);
