import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { isSameOrigin } from './origin.js';

const DIRECT = { trustProxy: 0, publicUrl: null };

function request(headers: IncomingMessage['headers']): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: '127.0.0.1' });
  return Object.assign(new IncomingMessage(socket), { headers });
}

test.each([
  [{ host: 'cells.example:4000' }, true],
  [{ host: 'cells.example:4000', origin: 'http://cells.example:4000' }, true],
  [{ host: 'cells.example', origin: 'https://cells.example' }, true],
  [{ host: 'cells.example:443', origin: 'https://cells.example' }, true],
  [{ host: 'cells.example:4000', origin: 'http://cells.example' }, false],
  [{ host: 'cells.example', origin: 'https://evil.example' }, false],
  [{ host: 'cells.example', origin: 'https://cells.example.evil.example' }, false],
  [{ host: 'cells.example', origin: 'null' }, false],
  [{ host: 'inner', origin: 'https://cells.example', 'x-forwarded-host': 'cells.example' }, false],
])('without a proxy, %p: %p', (headers, expected) => {
  expect(isSameOrigin(request(headers), DIRECT)).toBe(expected);
});

test.each([
  [1, 'cells.example', true],
  [['loopback'], 'cells.example', true],
  [['10.0.0.0/8'], 'cells.example', false],
  [1, 'cells.example, inner.example', true],
  [1, 'evil.example', false],
  [1, '', false],
])('the host that a proxy trusted by %p forwards, %p: %p', (trustProxy, forwarded, expected) => {
  const headers = { host: '127.0.0.1:4000', origin: 'https://cells.example', 'x-forwarded-host': forwarded };
  expect(isSameOrigin(request(headers), { ...DIRECT, trustProxy })).toBe(expected);
});

test.each([
  ['https://cells.example', true],
  ['http://cells.example', false],
  ['https://evil.example', false],
])('with PUBLIC_URL https://cells.example/cytograph, a page of %s: %p', (origin, expected) => {
  const config = { ...DIRECT, publicUrl: 'https://cells.example/cytograph' };
  expect(isSameOrigin(request({ host: '127.0.0.1:4000', origin }), config)).toBe(expected);
});
