import type { OtpChallenge } from '../../generated/prisma/client.js';
import type { Statement } from '../../infra/postgres/database.js';
import type { WorkItem } from '../../infra/work/define-work.js';
import { claimItem, heldBy, ITEM_COLUMNS } from '../../infra/work/work.sql.js';

/**
 * Claims the delivery of a code and reads the code.
 * Locks: work item.
 * $1 challenge, $2 worker process.
 */
export const CLAIM_DELIVERY: Statement<DeliveryItem, [challengeId: string, workerId: string]> = {
  name: 'otp_claim_delivery',
  text: `
    WITH w AS (${claimItem(`'code-delivery'`)} RETURNING w.*)
    SELECT ${ITEM_COLUMNS}, c.user_id AS "userId", c.purpose, c.sealed_code AS "sealedCode", c.expires_at <= now() AS expired
    FROM w LEFT JOIN otp_challenge c ON c.id = w.subject_id::uuid`,
};

/** The delivery of a code. The challenge's columns are null when it was deleted. */
export interface DeliveryItem extends WorkItem, Pick<OtpChallenge, 'userId' | 'sealedCode'> {
  purpose: OtpChallenge['purpose'] | null;
  expired: boolean | null;
}

/**
 * Ends the delivery, successful or not: deletes the item and the sealed code, so that only the code's hash is left.
 * Locks: work item, challenge.
 * $1 challenge, $2 claim.
 */
export const FINISH_DELIVERY: Statement<never, [challengeId: string, claim: number]> = {
  name: 'otp_finish_delivery',
  text: `
    WITH item AS (DELETE FROM work_item w WHERE w.kind = 'code-delivery' AND ${heldBy('$1::text', '$2')} RETURNING 1)
    UPDATE otp_challenge SET sealed_code = NULL FROM item WHERE id = $1::uuid`,
};
