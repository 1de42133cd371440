import { isIP } from 'node:net';
import { all, compile } from '@fastify/proxy-addr';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** Longer than any address with a port, brackets and a zone. */
const MAX_LENGTH = 100;

/**
 * Reads an address as proxies write it: with or without a port, brackets, a zone or the prefix of a mapped IPv4 address.
 * @returns the address in its canonical form; null for any other text
 */
export function parseAddress(text: string): string | null {
  const given = text.trim();
  if (given.length > MAX_LENGTH) return null;
  const host =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(given)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(given)?.[1] ?? given;
  const [address = ''] = host.split('%', 1);
  return isIP(address) ? ipaddr.process(address).toString() : null;
}

/** The client's address, as `TRUST_PROXY` lets it be read; the connection's where a proxy passed on no address. */
export function clientAddress(request: FastifyRequest): string {
  return parseAddress(request.ip) ?? parseAddress(request.socket.remoteAddress ?? '') ?? 'unknown';
}

/** What is counted as one client: an IPv4 address, or the /64 network of an IPv6 address, all of which one person has. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`);
  return `${network.toString()}/64`;
}

type Trust = (address: string, hop: number) => boolean;

/**
 * Which senders are believed about `X-Forwarded-For`.
 * @param value `true`, `false`, a number of hops, or addresses and networks separated by commas
 */
export function parseTrustProxy(value: string): boolean | Trust {
  if (value === 'true' || value === 'false') return value === 'true';
  const hops = Number(value);
  if (Number.isInteger(hops)) return (_, hop) => hop < hops;
  const isTrusted = compile(value.split(',').map((each) => each.trim()));
  return (address, hop) => isTrusted(parseAddress(address) ?? address, hop);
}

/** Gives the client's address to a request that Fastify made for an error of its router: such a one knows of no proxies. */
export function believeProxies(request: FastifyRequest, trust: boolean | Trust): void {
  if (trust === false) return;
  const ip = all(request.raw, trust === true ? () => true : trust).at(-1);
  Object.defineProperty(request, 'ip', { value: ip });
}
