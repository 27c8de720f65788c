import { BlockList, isIP, isIPv4 } from 'node:net';

// Special-purpose addresses of the IANA registries (iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry).

const notPublic = new BlockList();
for (const network of [
  '0.0.0.0/8', // this host
  '10.0.0.0/8', // private
  '100.64.0.0/10', // shared by providers
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, with the metadata servers of clouds
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16', // private
  '192.175.48.0/24',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
]) {
  add(network, 'ipv4');
}
for (const network of [
  '2001::/23', // protocol assignments, Teredo
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4, which contains IPv4 addresses
  '2620:4f:8000::/48',
  '3fff::/20', // documentation
]) {
  add(network, 'ipv6');
}

/** All public IPv6 addresses are in here, so that everything else need not be listed: ::1, ::ffff:0:0/96, 64:ff9b::/96, fc00::/7, fe80::/10 … */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

function add(network: string, family: 'ipv4' | 'ipv6'): void {
  const [address = '', length] = network.split('/');
  notPublic.addSubnet(address, Number(length), family);
}

/** Whether an IP address is one of the public internet: not private, loopback, link-local or otherwise special. False for other texts. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  if (isIPv4(address)) return !notPublic.check(address, 'ipv4');
  return globalUnicast.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}
