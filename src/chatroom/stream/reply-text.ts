import type { ReplyEntry } from '../reply-channel.js';

/** What an entry did: the text grew or began anew; text before it is missing; the row has the ending; nothing. */
export type Effect = 'changed' | 'gap' | 'end' | 'none';

/**
 * The text of a running reply, put together from entries that may come twice, late, out of order or not at all.
 * The claim decides whose text counts, the offset where it belongs: text of one claim never changes once published.
 */
export class ReplyText {
  private current = 0;
  private generating = false;
  private attemptNumber = 0;
  private sofar = '';

  /** The newest claim heard of. */
  get claim(): number {
    return this.current;
  }

  /** Whether that claim is known to generate. */
  get begun(): boolean {
    return this.generating;
  }

  /** Which attempt of the run that is, from 1. */
  get attempt(): number {
    return this.attemptNumber;
  }

  get text(): string {
    return this.sofar;
  }

  apply(entry: ReplyEntry): Effect {
    if (entry.claim < this.current) return 'none';
    if (entry.kind === 'end') return 'end';
    if (entry.kind === 'begin') return this.begin(entry.claim, entry.attempt);
    const isNew = entry.claim > this.current || !this.generating;
    if (entry.offset > (isNew ? 0 : this.sofar.length)) return 'gap';
    if (isNew) this.begin(entry.claim, entry.attempt);
    const added = entry.text.slice(this.sofar.length - entry.offset);
    this.sofar += added;
    return added || isNew ? 'changed' : 'none';
  }

  /** PostgreSQL knows of this claim: what older ones published is void. @returns whether that is news */
  raise(claim: number): boolean {
    if (claim <= this.current) return false;
    this.current = claim;
    this.generating = false;
    this.sofar = '';
    return true;
  }

  private begin(claim: number, attempt: number): Effect {
    if (claim === this.current && this.generating) return 'none';
    this.current = claim;
    this.generating = true;
    this.attemptNumber = attempt;
    this.sofar = '';
    return 'changed';
  }
}
