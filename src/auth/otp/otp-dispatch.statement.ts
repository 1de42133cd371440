import type { Statement } from '../../infra/prisma/database.js';

/** Takes one attempt at delivering a code: each attempt is taken once, whoever rings how often. */
export const CLAIM_DELIVERY: Statement = {
  name: 'otp_claim_delivery',
  text: `
    UPDATE one_time_code SET delivery_attempts = delivery_attempts + 1, ring_at = now() + interval '30 seconds'
    WHERE id = $1 AND delivery_attempts = $2 AND sealed_code IS NOT NULL
    RETURNING user_id AS "userId", purpose, sealed_code AS "sealedCode", request_id AS "requestId",
              expires_at <= now() AS expired`,
};

export interface ClaimedDelivery {
  userId: string | null;
  purpose: string;
  sealedCode: string;
  requestId: string | null;
  expired: boolean;
}

/** Delivered, or given up: from now on there is only the hash. */
export const FORGET_CODE: Statement = {
  name: 'otp_forget_code',
  text: 'UPDATE one_time_code SET sealed_code = NULL WHERE id = $1',
};

/** To be tried again in `$2` seconds. */
export const POSTPONE_DELIVERY: Statement = {
  name: 'otp_postpone_delivery',
  text: 'UPDATE one_time_code SET ring_at = now() + make_interval(secs => $2) WHERE id = $1',
};

/** Codes that are due and that nobody delivers: the job is lost, was never queued, or its worker is gone. */
export const FIND_UNDELIVERED: Statement = {
  name: 'otp_find_undelivered',
  text: `
    UPDATE one_time_code SET ring_at = now() + interval '5 seconds'
    WHERE id IN (
      SELECT id FROM one_time_code WHERE sealed_code IS NOT NULL AND ring_at <= now()
      ORDER BY ring_at LIMIT 100 FOR UPDATE SKIP LOCKED
    ) RETURNING id, delivery_attempts AS attempts`,
};
