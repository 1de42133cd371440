/** What a prompt is made to lead to. `slow` runs until somebody waits for it or cancels it. */
export type Fate = 'completed' | 'incomplete' | 'failed' | 'blocked' | 'slow';

/** A directive of the Gemini sandbox for each. */
export const DIRECTIVE: Record<Fate, string> = {
  completed: '',
  incomplete: '[[max-tokens]]',
  failed: '[[400]]',
  blocked: '[[safety]]',
  slow: '[[slow chunks=12 delay=40ms]]',
};

/** How a reply ends that nobody cancels. */
export const ENDING: Record<Fate, string> = {
  completed: 'completed',
  incomplete: 'incomplete',
  failed: 'failed',
  blocked: 'failed',
  slow: 'completed',
};

export interface Reply {
  id: string;
  promptId: string;
  content: string;
  fate: Fate;
  /** Final, and seen to be. */
  ended: string | null;
  /** Its unit was given back, or will be when it ends. */
  refundable: boolean;
}

export interface Room {
  id: string;
  /** Null: nobody has named it yet. */
  title: string | null;
  replies: Reply[];
}

/** An answer that was given under an `Idempotency-Key`. */
export interface Kept {
  path: string;
  body: object;
  status: number;
  text: string;
}

/** What one person must find, whichever process they ask. */
export class PersonModel {
  /** Newest activity first. */
  rooms: Room[] = [];
  kept = new Map<string, Kept>();
  /** Units taken, less those whose return was seen. */
  charged = 0;
  /** Units whose return was seen: as many as the limit come back. */
  refunded = 0;

  /** Replies, rooms that were deleted included, whose end was not seen. */
  open: Reply[] = [];

  /** Units that may have come back by now without anybody having seen it. */
  get pendingRefunds(): number {
    return Math.min(LIMIT - this.refunded, this.open.filter(({ refundable }) => refundable).length);
  }

  charge(reply: Reply): void {
    this.charged += 1;
    reply.ended = null;
    reply.refundable = reply.fate === 'failed';
    this.open.push(reply);
  }

  end(reply: Reply, status: string): void {
    if (reply.ended !== null) return;
    reply.ended = status;
    this.open.splice(this.open.indexOf(reply), 1);
    if (status !== 'failed' || !reply.refundable || this.refunded === LIMIT) return;
    this.refunded += 1;
    this.charged -= 1;
  }

  /** Its replies go with it; what they cost stays spent. */
  remove(room: Room): void {
    this.rooms = this.rooms.filter((other) => other !== room);
    this.open = this.open.filter((reply) => !room.replies.includes(reply));
  }

  toTop(room: Room): void {
    this.rooms = [room, ...this.rooms.filter((other) => other !== room)];
  }
}

/** Prompts a day. */
export const LIMIT = 6;

/** Two people who have nothing to do with each other. */
export interface Model {
  people: [PersonModel, PersonModel];
}
