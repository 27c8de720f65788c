import type { IncomingMessage } from 'node:http';
import { isSameOrigin } from './origin.js';

const request = (headers: IncomingMessage['headers']) => ({ headers });

test.each([
  [{ host: 'cells.example:4000' }, true],
  [{ host: 'cells.example:4000', origin: 'http://cells.example:4000' }, true],
  [{ host: 'cells.example', origin: 'https://cells.example' }, true],
  [{ host: 'cells.example:4000', origin: 'http://cells.example' }, false],
  [{ host: 'cells.example', origin: 'https://evil.example' }, false],
  [{ host: 'cells.example', origin: 'https://cells.example.evil.example' }, false],
  [{ host: 'cells.example', origin: 'null' }, false],
])('%p: %p', (headers, expected) => {
  expect(isSameOrigin(request(headers))).toBe(expected);
});
