import { isIP } from 'node:net';
import { z } from 'zod';

/** A whole number within bounds, both included. */
export const int = (min = 0, max = 1_000_000_000) =>
  z
    .string()
    .refine((v) => /^\d{1,10}$/.test(v) && Number(v) >= min && Number(v) <= max, {
      message: `wants a whole number from ${min} to ${max}`,
    })
    .transform(Number);

/** 0: any free one. */
export const port = int(0, 65_535);

/** More than none, fractions allowed. */
export const seconds = z
  .string()
  .refine((v) => /^\d+(\.\d+)?$/.test(v) && Number(v) > 0 && Number(v) <= 3_600, {
    message: 'wants seconds, more than 0 and at most 3600',
  })
  .transform(Number);

/** What times are multiplied by. */
export const factor = z
  .string()
  .refine((v) => /^\d+(\.\d+)?$/.test(v) && Number(v) > 0 && Number(v) <= 100, {
    message: 'wants a number, more than 0 and at most 100',
  })
  .transform(Number);

export const bool = z
  .enum(['true', 'false', '1', '0'], { message: 'wants true or false' })
  .transform((v) => v === 'true' || v === '1');

/** Comma-separated. */
export const list = z.string().transform((v) =>
  v
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
);

/** An address of one of these schemes, as it is. */
export const url = (...schemes: string[]) =>
  z.string().refine((v) => URL.canParse(v) && schemes.includes(new URL(v).protocol.slice(0, -1)), {
    message: `wants an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
  });

/** A base address, kept without a slash at its end. */
export const httpUrl = url('http', 'https').transform((v) => v.replace(/\/+$/, ''));

/** A key that is sent in a header. What is around it is trimmed with every value; within it nothing can be guessed. */
export const apiKey = z.string().regex(/^[\x21-\x7e]+$/, {
  message: 'wants visible ASCII characters: it has a space, a line break or an invisible character in it',
});

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A time such as `15m`, `1h`, `30d` or plain seconds; in seconds. */
export const duration = z
  .string()
  .refine((v) => /^[1-9]\d{0,8}[smhd]?$/.test(v), { message: 'wants a time such as 15m, 1h or 30d' })
  .transform((v) => Number.parseInt(v, 10) * (UNITS[v.at(-1) ?? 's'] ?? 1));

/** Names that proxy-addr knows. */
const NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) > 0);
  return (
    NETWORKS.includes(text) ||
    (isPrefix && Number(prefix ?? 0) <= longest && longest > 0 && rest.length === 0)
  );
}

/** The first segments of routes that have no prefix. */
const UNPREFIXED = ['docs', 'docs-json', 'docs-yaml', 'healthz', 'readyz', 'metrics', 'queues'];

/** A path before the routes, such as `api/v1`; slashes at its ends are left out. */
export const apiPrefix = z
  .string()
  .transform((v) => v.replace(/^\/+|\/+$/g, ''))
  .refine((v) => v === '' || v.split('/').every((segment) => /^(?!\.+$)[\w.-]+$/.test(segment)), {
    message: 'wants a path of letters, digits, ".", "_" and "-", such as api/v1',
  })
  .refine((v) => !UNPREFIXED.includes(v.split('/', 1)[0] ?? ''), {
    message: `cannot begin as a route that has no prefix: ${UNPREFIXED.join(', ')}`,
  });

/** Whose `X-Forwarded-For` is believed. */
export const trustProxy = z
  .string()
  .refine((v) => /^(?:true|false|\d)$/.test(v) || v.split(',').every((each) => isNetwork(each.trim())), {
    message: 'wants false, true, the number of proxies in front (1 to 9), or their addresses and networks',
  });

/**
 * What a browser sends as `Origin` from this address. A slash at the end, upper case and the default port mean the same; null
 * where there is a path, a wildcard within, or no scheme.
 */
function originOf(text: string): string | null {
  const written = /^([a-z][a-z0-9+.-]*):\/\/[^/?#@\s*]+\/?$/i.exec(text);
  if (!written || !URL.canParse(text)) return null;
  const { origin, protocol, host } = new URL(text);
  // The origin of a scheme of its own, as an app or an extension has one, is its scheme and host.
  return origin === 'null' ? `${protocol}//${host.toLowerCase()}` : origin;
}

/** `*`, or origins separated by commas, as browsers write them. */
export const origins = list
  .refine((each) => each.every((origin) => origin === '*' || originOf(origin) !== null), {
    message:
      'wants * or origins such as https://chat.example.com: a scheme, a host, perhaps a port, and no path',
  })
  .transform((each) => each.map((origin) => (origin === '*' ? origin : (originOf(origin) ?? origin))));
