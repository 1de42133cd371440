import type { IncomingHttpHeaders } from 'node:http';

/** Requests that change nothing. */
const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a page of another site sent a request that changes something: any page that a developer has open could otherwise
 * pay, cancel and set faults in the sandboxes. Clients that are no browsers send none of the headers.
 */
export function isCrossSite(method: string, headers: IncomingHttpHeaders): boolean {
  if (SAFE.includes(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== headers.host);
}

export const CROSS_SITE =
  'A page of another origin sent this. Use the sandbox from its own pages, or from a command line.';
