import type { ReplyEntry } from '../reply-channel.js';

/** What an entry did: the text grew or began anew; text before it is missing; the row has the ending; nothing. */
export type Effect = 'changed' | 'gap' | 'end' | 'none';

/**
 * The text of a running reply, put together from entries that may arrive twice, late, out of order or not at all. The
 * claim decides whose text counts, the offset where it belongs: text of one claim never changes once published.
 */
export class ReplyText {
  private currentClaim = 0;
  private hasBegun = false;
  private currentAttempt = 0;
  private accumulated = '';

  /** The newest claim that any entry or row named. */
  get claim(): number {
    return this.currentClaim;
  }

  /** Whether that claim is known to generate. */
  get begun(): boolean {
    return this.hasBegun;
  }

  /** Which attempt of the run that claim is, from 1. */
  get attempt(): number {
    return this.currentAttempt;
  }

  get text(): string {
    return this.accumulated;
  }

  apply(entry: ReplyEntry): Effect {
    if (entry.claim < this.currentClaim) return 'none';
    if (entry.kind === 'end') return 'end';
    if (entry.kind === 'begin') return this.begin(entry.claim, entry.attempt);
    const isNew = entry.claim > this.currentClaim || !this.hasBegun;
    if (entry.offset > (isNew ? 0 : this.accumulated.length)) return 'gap';
    if (isNew) this.begin(entry.claim, entry.attempt);
    const added = entry.text.slice(this.accumulated.length - entry.offset);
    this.accumulated += added;
    return added || isNew ? 'changed' : 'none';
  }

  /** PostgreSQL knows of this claim: what older ones published is void. @returns whether the claim is new */
  raise(claim: number): boolean {
    if (claim <= this.currentClaim) return false;
    this.currentClaim = claim;
    this.hasBegun = false;
    this.accumulated = '';
    return true;
  }

  private begin(claim: number, attempt: number): Effect {
    if (claim === this.currentClaim && this.hasBegun) return 'none';
    this.currentClaim = claim;
    this.hasBegun = true;
    this.currentAttempt = attempt;
    this.accumulated = '';
    return 'changed';
  }
}
