import { AppError } from '../../common/errors/app-error.js';
import type { Settings } from '../../config/settings.js';
import { invalidIdentity, type Identity } from '../identity.js';
import type { TakenRow } from './account.statement.js';

export type TakenCode = 'auth.mobile_taken' | 'auth.email_taken';

/** @param refused told why, before it throws @throws AppError `auth.mobile_taken`, `auth.email_taken` */
export function requireFree(taken: TakenRow[], refused: (reason: TakenCode) => void): void {
  if (taken.length === 0) return;
  const reason = taken.some(({ mobile }) => mobile) ? 'auth.mobile_taken' : 'auth.email_taken';
  refused(reason);
  throw new AppError(reason);
}

/** Without a mail server a code could never arrive. @throws AppError `validation.failed` */
export function requireReachable(identities: Identity[], { OTP_DELIVERY, SMTP_URL }: Settings): void {
  if (OTP_DELIVERY === 'response' || SMTP_URL || identities.every(({ kind }) => kind === 'mobile')) return;
  throw invalidIdentity('email', 'email cannot be used here: no codes are sent by email');
}
