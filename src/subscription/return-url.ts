import type { Settings } from '../config/settings.js';

type Addresses = Pick<Settings, 'CLIENT_URL' | 'PUBLIC_URL' | 'API_PREFIX'>;

/**
 * Where a browser goes after Stripe's pages: to the client, or to the API's own documentation where no client is set
 * (`CLIENT_URL` is then the same as `PUBLIC_URL`).
 */
export function clientUrl({ CLIENT_URL, PUBLIC_URL }: Addresses): string {
  return CLIENT_URL === PUBLIC_URL ? `${PUBLIC_URL}/docs` : CLIENT_URL;
}

/** The address that Stripe's checkout returns to, with `/success` or `/cancel` appended. */
export function checkoutReturnUrl({ PUBLIC_URL, API_PREFIX }: Addresses): string {
  return [PUBLIC_URL, API_PREFIX, 'checkout'].filter(Boolean).join('/');
}
