import { once } from 'node:events';
import { createServer, IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { Socket } from 'node:net';
import express from 'express';
import { openTestServices, type TestServices } from '../graphql/testing.js';
import { errorHandler } from './problem.js';
import { httpContext, socketContext } from './request-context.js';

let services: TestServices;
let server: Server;
let port: number;
/** Called with the signal of each request; what it resolves with is the answer. */
let answer: (signal: AbortSignal, request: express.Request) => Promise<string>;

beforeAll(async () => {
  services = await openTestServices();
  const app = express();
  app.post('/', async (request, response) => {
    const { signal } = await httpContext(services, request, response);
    response.send(await answer(signal, request));
  });
  app.use(errorHandler(services.log));
  server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterAll(async () => {
  server.close();
  await services.close();
});

const ask = () => httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false });
const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

test('the signal of a request aborts when its client goes away before the answer', async () => {
  const signal = await new Promise<AbortSignal>((resolve, reject) => {
    const request = ask();
    request.on('error', () => {}); // that is us
    answer = async (signal) => {
      const gone = aborted(signal);
      request.destroy();
      await gone;
      resolve(signal);
      return '';
    };
    request.end();
    request.on('response', () => reject(new Error('It was answered.')));
  });
  expect(signal.reason).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});

test('it aborts also while the body is still being sent', async () => {
  await new Promise<void>((resolve) => {
    const request = ask();
    request.on('error', () => {});
    answer = async (signal, { headers }) => {
      expect(headers['transfer-encoding']).toBe('chunked');
      const gone = aborted(signal);
      request.destroy();
      await gone;
      resolve();
      return '';
    };
    request.write('the beginning');
  });
});

test('it does not abort when the answer has been read', async () => {
  let signal: AbortSignal | undefined;
  const closed = new Promise<void>((resolve) => {
    answer = async (given, { res }) => {
      signal = given;
      res?.once('close', () => resolve());
      return 'answered';
    };
  });
  const request = ask();
  request.end();
  const [response] = await once(request, 'response');
  response.resume();
  await closed;
  expect(signal?.aborted).toBe(false);
});

/** The answer to a request with this header, or the error that it was refused with. */
async function codeWith(authorization: string): Promise<string> {
  answer = async () => 'answered';
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { authorization } });
  return response.status === 200 ? response.text() : ((await response.json()) as { code: string }).code;
}

test('a Bearer header without a valid token is refused, and never ignored', async () => {
  for (const header of ['Bearer', 'Bearer a b', 'bearer  ', 'Bearer\tabc', 'Bearer abc'])
    expect([header, await codeWith(header)]).toEqual([header, 'UNAUTHENTICATED']);
  expect(await codeWith('Basic YTpi')).toBe('answered'); // a proxy's own sign-in
});

test('requests with invalid tokens count among those of their address', async () => {
  await services.limits.charge({ viewer: null, ip: '127.0.0.1' }, 99_000); // of 100,000
  const codes: string[] = [];
  while (codes.length < 20 && codes.at(-1) !== 'OVERLOADED') codes.push(await codeWith('Bearer guess'));
  expect([...new Set(codes)]).toEqual(['UNAUTHENTICATED', 'OVERLOADED']);
  const overSocket = new IncomingMessage(new Socket());
  overSocket.headers.authorization = 'Bearer a third guess';
  Object.defineProperty(overSocket.socket, 'remoteAddress', { value: '127.0.0.1' });
  await expect(socketContext(services, overSocket, true)).rejects.toMatchObject({
    extensions: { code: 'OVERLOADED' },
  });
});
