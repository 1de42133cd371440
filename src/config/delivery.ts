const NEEDED: Record<string, string[]> = {
  webhook: ['OTP_WEBHOOK_URL', 'OTP_WEBHOOK_SECRET'],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
};

/** What is wrong with the chosen way of delivering one-time codes, one line a setting. */
export function deliveryFaults(env: Record<string, string | undefined>): string[] {
  const needed = NEEDED[env.OTP_DELIVERY ?? ''] ?? [];
  const missing = needed
    .filter((name) => !env[name])
    .map((name) => `${name}: is required by OTP_DELIVERY=${env.OTP_DELIVERY}`);
  return [...missing, ...credentialsInUrl(env)];
}

/** fetch takes no such address, and its error, which is logged, would tell the password. */
function credentialsInUrl({ OTP_WEBHOOK_URL: url = '' }: Record<string, string | undefined>): string[] {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' };
  return username || password ? ['OTP_WEBHOOK_URL: cannot carry a user or password; the post is signed'] : [];
}
