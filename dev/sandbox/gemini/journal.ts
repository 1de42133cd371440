import { createHash } from 'node:crypto';
import type { Conversation } from './wire.js';

/** How a call ended. `aborted`: the client went away. `cut`, `unfinished`, `broken`: faults in mid-stream, asked for by a directive. */
export type Outcome =
  'running' | 'completed' | 'refused' | 'blocked' | 'broken' | 'cut' | 'unfinished' | 'aborted';

export interface Call {
  /** Counts every generate call since the start, without gaps, in the order they arrived. */
  sequence: number;
  startedAt: string;
  endedAt: string | null;
  durationMs: number | null;
  method: string;
  model: string;
  keyHash: string;
  /** How many turns were sent, also when their texts are gone. */
  turns: number;
  contents: Conversation['turns'];
  systemInstruction: string;
  maxOutputTokens: number | null;
  directives: string[];
  outcome: Outcome;
  /** HTTP status, or that of the error chunk. Null while nothing was answered. */
  status: number | null;
  finishReason: string | null;
  chunksSent: number;
  /** Visible text sent so far. */
  text: string;
  /** The texts were given up to bound memory. */
  textsDropped: boolean;
  clientAborted: boolean;
  clientAbortedAt: string | null;
}

/**
 * Everything the sandbox was asked. Bounded by the number of calls, of which the oldest are forgotten, and by the
 * characters of conversations: the oldest lose their texts first and keep everything else, so that counts stay exact.
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
    private readonly mostCalls = 50_000,
    private readonly mostCharacters = 24_000_000,
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
    this.hold(call, weight(call));
  }

  close(call: Call, outcome: Outcome): void {
    const now = new Date();
    call.outcome = outcome;
    call.endedAt = now.toISOString();
    call.durationMs = now.getTime() - Date.parse(call.startedAt);
    call.clientAborted = outcome === 'aborted';
    call.clientAbortedAt = call.clientAborted ? call.endedAt : null;
    this.running -= 1;
    this.hold(call, call.text.length);
    this.trim();
  }

  all(): readonly Call[] {
    return this.calls;
  }

  get total(): number {
    return this.next - 1;
  }

  /** Forgets what was noted; running calls go on and end unnoted. */
  clear(): void {
    this.calls = [];
    this.characters = 0;
    this.stripped = 0;
    this.dropped = 0;
  }

  /** Texts count only while they can be found again. */
  private hold(call: Call, characters: number): void {
    const oldest = this.calls[this.stripped];
    if (oldest && call.sequence >= oldest.sequence) this.characters += characters;
  }

  private trim(): void {
    while (this.characters > this.mostCharacters) {
      const call = this.calls[this.stripped];
      if (!call) break;
      this.strip(call);
    }
    const gone = Math.max(0, this.calls.length - this.mostCalls);
    for (const call of this.calls.slice(this.stripped, gone)) this.strip(call);
    if (gone > 0) this.calls.splice(0, gone);
    this.stripped -= gone;
    this.dropped += gone;
  }

  private strip(call: Call): void {
    this.characters -= weight(call) + (call.endedAt === null ? 0 : call.text.length);
    this.stripped += 1;
    call.textsDropped = true;
    call.contents = [];
    call.systemInstruction = '';
    if (call.endedAt !== null) call.text = '';
  }
}

const weight = (call: Call) =>
  call.contents.reduce((sum, turn) => sum + turn.text.length, call.systemInstruction.length);
