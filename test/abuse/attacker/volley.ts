/** Requests of one sort that the attacker's process sends: so many a second, or so many at a time. */
export interface Volley {
  /** The bytes of each request as latin1; they are sent in turn, each over a connection of its own. */
  requests: string[];
  /** In all. */
  atMost: number;
  perSecond?: number;
  /** At a time; a next one begins as soon as one was answered. */
  lanes?: number;
  /** Connections are left open until the end, and what arrives after the first bytes of an answer is not read. */
  left?: boolean;
  /** Milliseconds after which each open connection is sent one more byte. */
  drip?: number;
}

/** What the attacker's process is told. */
export interface Order {
  host: string;
  port: number;
  volleys: Volley[];
}

/** What came of an attack. */
export interface AttackReport {
  sent: number;
  /** How often each status was answered; `none`: the connection ended without an answer, or was left without one. */
  answers: Record<string, number>;
  /** Bytes of all answers, and of the largest. */
  received: number;
  largest: number;
}
