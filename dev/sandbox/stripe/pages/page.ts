import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

interface Content {
  /** The text of the page's inline script. */
  script?: string;
  /** Addresses to which the response to a form leads; browsers check them as they check the form's own. */
  leadsTo?: string[];
}

/** Prepares a reply for HTML that loads nothing, runs this script alone, and is shown in no frame. */
export function asPage(reply: FastifyReply, { script, leadsTo = [] }: Content = {}): FastifyReply {
  const hash = script && createHash('sha256').update(script).digest('base64');
  const policy = [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    ...(hash ? [`script-src 'sha256-${hash}'`] : []),
    ["form-action 'self'", ...leadsTo.map((url) => new URL(url).origin)].join(' '),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return reply
    .type('text/html; charset=utf-8')
    .headers({ 'cache-control': 'no-store', 'content-security-policy': policy.join('; ') });
}
