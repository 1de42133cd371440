/** Who asks, as the one session statement of the request told it. */
export interface Principal {
  userId: string;
  sessionId: string;
  /** Part of the cached room list's key: it grows with every change to the person's rooms. */
  roomListVersion: number;
  /** What Stripe last said; null for a person who never paid. Whether it means Pro is the plan's to judge. */
  subscription: { status: string; currentPeriodStart: Date } | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    user?: Principal;
  }
}
