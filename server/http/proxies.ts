import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Config } from '../config.js';

type ProxySettings = Pick<Config, 'trustProxy'>;
type Trusts = (address: string, hop: number) => boolean;

/** Express's names for these networks. */
const namedNetworks: Record<string, string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** Whether an address between client and server (hop 0 is the nearest) is a proxy whose X-Forwarded-… headers are trusted. */
function trustedProxies({ trustProxy }: ProxySettings): Trusts {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  const trusted = new BlockList();
  for (const network of trustProxy.flatMap((name) => namedNetworks[name] ?? [name])) {
    const [address = '', length] = network.split('/');
    const family = familyOf(address);
    if (length === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(length), family);
  }
  return (address) => isIP(address) !== 0 && trusted.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

/** The client's IP address according to trusted proxies; null if there is none, or a proxy sent an invalid address. */
export function clientAddress(request: IncomingMessage, config: ProxySettings): string | null {
  const trusts = trustedProxies(config);
  const forwarded = request.headers['x-forwarded-for'];
  const hops = [forwarded ?? []].flat().flatMap((list) => list.split(',').map((address) => address.trim()));
  const addresses = [request.socket.remoteAddress ?? '', ...hops.reverse()]; // from the nearest to the client
  const client = addresses.find((address, hop) => !trusts(address, hop)) ?? addresses.at(-1) ?? '';
  return isIP(client) === 0 ? null : client;
}

/** The host and port in the X-Forwarded-Host header of a trusted proxy; null without one. */
export function forwardedHost(request: IncomingMessage, config: ProxySettings): string | null {
  const sent = request.headers['x-forwarded-host'];
  const { remoteAddress } = request.socket;
  if (typeof sent !== 'string' || remoteAddress === undefined) return null;
  if (!trustedProxies(config)(remoteAddress, 0)) return null;
  return sent.split(',')[0]?.trim() || null; // that of the first proxy, to which the browser connected
}

/** A request's address without the base path, which proxies may keep or remove. */
export function withoutBasePath(url: string, { basePath }: Pick<Config, 'basePath'>): string {
  if (basePath === '' || !url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : url;
}
