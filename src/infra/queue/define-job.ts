import type { z } from 'zod';
import type { QUEUES } from './queue-names.js';

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
