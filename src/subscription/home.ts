import type { Settings } from '../config/settings.js';

/** Where a person goes on after Stripe's pages: the client, or, where there is none, the API's own documentation. */
export function homeOf({ CLIENT_URL, PUBLIC_URL }: Settings): string {
  return CLIENT_URL === PUBLIC_URL ? `${PUBLIC_URL}/docs` : CLIENT_URL;
}
