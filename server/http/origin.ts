import type { IncomingMessage } from 'node:http';
import type { Config } from '../config.js';
import { forwardedHost } from './proxies.js';

/**
 * Whether a request comes from a page of this server, or from no page at all. A browser sends the session cookie with
 * WebSockets and form POSTs of any page, but the Origin header always names the page.
 *
 * This server's own pages are those of the requested host (Host), of the host in the X-Forwarded-Host header of a trusted
 * proxy, and of PUBLIC_URL.
 */
export function isSameOrigin(
  request: IncomingMessage,
  config: Pick<Config, 'trustProxy' | 'publicUrl'>,
): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (config.publicUrl !== null && page.origin === new URL(config.publicUrl).origin) return true;
  const hosts = [host, forwardedHost(request, config)];
  // Without the default port of the protocol, which browsers leave out of Origin.
  return hosts.some((name) => name != null && hostOf(name, page.protocol) === page.host);
}

/** 'cells.example:443' is 'cells.example' over HTTPS; null for an invalid host. */
function hostOf(name: string, protocol: string): string | null {
  const address = `${protocol}//${name}`;
  return URL.canParse(address) ? new URL(address).host : null;
}
