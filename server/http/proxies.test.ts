import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { clientAddress, withoutBasePath } from './proxies.js';

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
