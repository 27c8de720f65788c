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

/** What a warning says about requests whose client's address cannot be known; null for a request whose address can. */
export function unknownAddress(request: IncomingMessage, config: ProxySettings): string | null {
  const { remoteAddress = '' } = request.socket;
  const isForwarded = request.headers['x-forwarded-for'] !== undefined;
  const expectsProxy = typeof config.trustProxy !== 'number' || config.trustProxy > 0;
  const isTrusted = trustedProxies(config)(remoteAddress, 0);
  if (isForwarded && !expectsProxy) {
    return (
      `Requests come with X-Forwarded-For from ${remoteAddress}, and TRUST_PROXY is not set. If that is a proxy, set TRUST_PROXY=1, ` +
      'or all its clients share its address and the limits of one address. Otherwise a client sends the header itself, and it is ignored.'
    );
  }
  if (isForwarded && !isTrusted) {
    return (
      `Requests come with X-Forwarded-For from ${remoteAddress}, which TRUST_PROXY does not name. If that is a proxy, add it to ` +
      'TRUST_PROXY, or all its clients share its address and the limits of one address. Otherwise the header is ignored.'
    );
  }
  if (!isForwarded && expectsProxy && isTrusted) {
    return (
      `Requests come from ${remoteAddress} without X-Forwarded-For, although TRUST_PROXY is set. Their clients share this address and ` +
      'the limits of one address. Let the proxy send the header, with WebSockets too. If clients reach the server without a proxy, ' +
      'do not set TRUST_PROXY, because they can then choose their address themselves.'
    );
  }
  return null;
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
