import { Injectable, Logger } from '@nestjs/common';
import type { RequestOrigin } from '../common/http/request-context.js';

export type AuditEvent =
  | 'access.refused'
  | 'account.signed_up'
  | 'account.deleted'
  | 'identity.changed'
  | 'identity.refused'
  | 'otp.sent'
  | 'otp.failed'
  | 'otp.refused'
  | 'password.changed'
  | 'password.refused'
  | 'password.reset'
  | 'rate_limit.exceeded'
  | 'session.refreshed'
  | 'session.refresh_failed'
  | 'session.refresh_reused'
  | 'session.revoked'
  | 'sign_in.failed'
  | 'sign_in.succeeded';

/** Whom and what an event is about: ids and plain words, never a token, a code or a password. */
export interface AuditFacts {
  userId?: string;
  sessionId?: string;
  /** Masked. */
  identity?: string;
  method?: 'otp' | 'password';
  purpose?: string;
  /** The error's code. */
  reason?: string;
  /** How many sessions it touched. */
  sessions?: number;
}

/** One structured line for everything that bears on who can enter. */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('Audit');

  record(event: AuditEvent, origin: RequestOrigin, facts: AuditFacts): void {
    this.logger.log({ audit: event, ...facts, ...origin }, event);
  }
}

/** Enough of an identity to recognise it in a log, too little to call it. */
export function maskIdentity(key: string): string {
  const at = key.indexOf('@');
  return at > 0 ? `${key.slice(0, 1)}***${key.slice(at)}` : `${key.slice(0, 3)}***${key.slice(-2)}`;
}
