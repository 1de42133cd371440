/** All keys of BullMQ share a hash tag, so that they live in one slot of a Redis Cluster. */
export const QUEUE_PREFIX = '{gemini-chat}';

/** Names of the queues: one a kind of work, so that one kind never starves another. */
export const QUEUES = ['reply', 'stripe-event', 'otp-delivery'] as const;
