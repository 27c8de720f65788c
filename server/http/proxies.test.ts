import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { clientAddress, unknownAddress, withoutBasePath } from './proxies.js';

function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  return Object.assign(new IncomingMessage(socket), { headers: { 'x-forwarded-for': forwarded } });
}

test.each([
  [0, '10.0.0.1', '203.0.113.7', '10.0.0.1'],
  [1, '10.0.0.1', undefined, '10.0.0.1'],
  [1, '10.0.0.1', '203.0.113.7', '203.0.113.7'],
  [1, '10.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  [2, '10.0.0.1', '198.51.100.1, 203.0.113.7', '198.51.100.1'],
  [5, '10.0.0.1', '198.51.100.1, 203.0.113.7', '198.51.100.1'],
  [['10.0.0.0/8'], '10.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  [['10.0.0.0/8', '203.0.113.7'], '10.0.0.1', '198.51.100.1, 203.0.113.7', '198.51.100.1'],
  [['10.0.0.0/8'], '192.0.2.1', '203.0.113.7', '192.0.2.1'],
  [['loopback'], '127.0.0.1', '203.0.113.7', '203.0.113.7'],
  [['loopback'], '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
  [['loopback'], '::1', '2001:db8::1', '2001:db8::1'],
  [1, '10.0.0.1', 'unknown', null],
  [1, '10.0.0.1', "'; --", null],
])('trusting %p, %s with X-Forwarded-For %p is %p', (trustProxy, remote, forwarded, expected) => {
  expect(clientAddress(request(remote, forwarded), { trustProxy })).toBe(expected);
});

test.each([
  ['/cytograph/graphql?a=1', '/graphql?a=1'],
  ['/cytograph', '/'],
  ['/cytograph?a=1', '/?a=1'],
  ['/cytographs', '/cytographs'],
  ['/graphql', '/graphql'],
])('below /cytograph, %s is %s', (url, expected) => {
  expect(withoutBasePath(url, { basePath: '/cytograph' })).toBe(expected);
});

test.each([
  [0, '10.0.0.1', undefined, null],
  [0, '10.0.0.1', '203.0.113.7', 'from 10.0.0.1, and TRUST_PROXY is not set'],
  [1, '10.0.0.1', '203.0.113.7', null],
  [1, '10.0.0.1', undefined, 'from 10.0.0.1 without X-Forwarded-For, although TRUST_PROXY is set'],
  [['10.0.0.0/8'], '10.0.0.1', '203.0.113.7', null],
  [['10.0.0.0/8'], '10.0.0.1', undefined, 'from 10.0.0.1 without X-Forwarded-For'],
  [['10.0.0.0/8'], '192.0.2.1', '203.0.113.7', 'from 192.0.2.1, which TRUST_PROXY does not name'],
  [['10.0.0.0/8'], '192.0.2.1', undefined, null],
])(
  'trusting %p, %s with X-Forwarded-For %p is warned of as %p',
  (trustProxy, remote, forwarded, expected) => {
    const warning = unknownAddress(request(remote, forwarded), { trustProxy });
    expect(warning).toEqual(expected === null ? null : expect.stringContaining(expected));
  },
);
