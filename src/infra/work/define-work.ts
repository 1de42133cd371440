import type { z } from 'zod';

/** All keys of BullMQ share a hash tag, so that they live in one slot of a Redis Cluster. */
export const QUEUE_PREFIX = '{gemini-chat}';

/** Names of the queues: one a kind of work, so that one kind never starves another. */
export const QUEUES = ['reply', 'stripe-event', 'otp-delivery'] as const;

/** A kind of work: its queue, its name and the ids it carries. Content never travels in a job: rows are the work items. */
export interface JobDefinition<Payload> {
  readonly queue: (typeof QUEUES)[number];
  readonly name: string;
  readonly payload: z.ZodType<Payload>;
}

/** Declares a job beside the feature that owns it; the producer and the processor both use this one value. */
export function defineJob<Payload>(definition: JobDefinition<Payload>): JobDefinition<Payload> {
  return Object.freeze(definition);
}

/** What a processor may tell the queue beside "done". */
export interface JobContext {
  /** Ends when the process has to stop: finish or give the work back. */
  readonly signal: AbortSignal;
  /** Stops the whole queue, for every worker, for that many milliseconds: a limit of the provider was met. */
  pauseQueue(milliseconds: number): Promise<void>;
}

/** The worker's side of one job. An error that is thrown is logged; what happens next is the relay's to decide, from the row. */
export interface JobProcessor<Payload> {
  readonly job: JobDefinition<Payload>;
  process(payload: Payload, context: JobContext): Promise<void>;
}
