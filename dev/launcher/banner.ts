import { apiUrl, type LaunchSettings } from './launch-settings.js';

/** The text shown once everything runs. */
export function banner({ env, port, host, own }: LaunchSettings, seconds: string): string {
  const api = apiUrl(env, port, host);
  const site = apiUrl({}, port, host);
  const sandboxes = [own.gemini && 'Gemini', own.stripe && 'Stripe'].filter(Boolean).join(' and ');
  return `
  Ready in ${seconds} s.

  API          ${api}
  Try it       ${site}/docs
  Queue board  ${site}/queues   user admin, password ${env.ADMIN_PASSWORD}
${sandboxes ? `  ${sandboxes} simulated by a sandbox: set ${[own.gemini && 'GEMINI_API_KEY', own.stripe && 'STRIPE_SECRET_KEY'].filter(Boolean).join(' and ')} to use the real one.\n` : ''}
  A first conversation, to paste into another terminal:

${session(api)}

  Ctrl-C stops everything; the data stays in .local/.
`;
}

/** Three shell lines: sign up, sign in with the one-time code, send a prompt and wait for the reply. */
function session(api: string): string {
  return [
    `j() { curl -s "${api}$1" -H "Authorization: Bearer $T" -H 'Content-Type: application/json' \${2:+-d "$2"} | node -pe "(r => r.code ?? (r.$3))(JSON.parse(fs.readFileSync(0)))"; }`,
    `M="\\"mobile\\":\\"+9198$(date +%s | tail -c 9)\\""; j /auth/signup "{$M}" id; T=$(j /auth/verify-otp "{$M,\\"otp\\":\\"$(j /auth/send-otp "{$M}" otp)\\"}" accessToken)`,
    `C=/chatroom/$(j /chatroom '{}' id)/message; R=$(j $C '{"content":"Hello! Who are you?"}' reply.id); until j $C/$R '' 'completedAt && (r.content ?? r.error.message)' | grep -v '^null$'; do sleep 0.2; done`,
  ].join('\n');
}
