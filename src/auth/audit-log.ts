import { Injectable, Logger } from '@nestjs/common';
import type { RequestOrigin } from '../common/http/request-context.js';

/** What is recorded: `<subject>.<what happened>`. */
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
  | 'session.reauthenticated'
  | 'session.refreshed'
  | 'session.refresh_failed'
  | 'session.refresh_reused'
  | 'session.revoked'
  | 'sign_in.failed'
  | 'sign_in.succeeded';

/** What an event is about: ids and fixed words, never a token, a code or a password. */
export interface AuditFacts {
  userId?: string;
  sessionId?: string;
  /** Masked. */
  identity?: string;
  method?: 'otp' | 'password';
  purpose?: string;
  /** The error's code. */
  reason?: string;
  /** Number of sessions that were revoked. */
  sessions?: number;
}

/** The log of every event that concerns access to an account: one structured line each. */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('Audit');

  /** Writes one line. @param origin the request's IP address, user agent and id */
  record(event: AuditEvent, origin: RequestOrigin, facts: AuditFacts): void {
    this.logger.log({ audit: event, ...facts, ...origin }, event);
  }
}

/** Masks an identity for the log: its owner can recognise it, but a reader of the log cannot use it. @param key E.164 or an email address */
export function maskIdentity(key: string): string {
  const at = key.indexOf('@');
  return at > 0 ? `${key.slice(0, 1)}***${key.slice(at)}` : `${key.slice(0, 3)}***${key.slice(-2)}`;
}
