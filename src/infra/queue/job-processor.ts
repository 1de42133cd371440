import type { JobDefinition } from './define-job.js';

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
