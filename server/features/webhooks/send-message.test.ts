import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Answer, sendMessage } from './send-message.js';

const NEVER = new AbortController().signal;
const UPGRADE = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';

const sockets = new Set<Socket>();
let server: Server;

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server.close();
});

/** Sends a message to a server that answers the first bytes of a request with `respond`. */
async function sendTo(
  respond: (socket: Socket, firstBytes: Buffer) => void,
  signal = NEVER,
  scheme = 'http',
): Promise<Answer> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => respond(socket, bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const message = { id: 'dlv_1', body: '{}' };
  const rules = { webhookHosts: [host], webhookPrivateAddresses: true };
  return sendMessage(`${scheme}://${host}/`, message, { key: Buffer.alloc(32), time: 0, rules, signal });
}

test.each<[string, (socket: Socket) => void, number | null, RegExp]>([
  ['the status 101', (socket) => socket.write(UPGRADE), 101, /answered with the status 101/],
  ['the status 101 and a closed connection', (socket) => socket.end(UPGRADE), 101, /the status 101/],
  ['a closed connection', (socket) => socket.end(), null, /could not be reached/],
  ['a reset connection', (socket) => socket.resetAndDestroy(), null, /could not be reached/],
  [
    'only a status 103',
    (socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'),
    null,
    /could not be reached/,
  ],
  ['half of a response', (socket) => socket.end(HALF), null, /could not be reached/],
  ['something other than HTTP', (socket) => socket.end('hello\r\n'), null, /could not be reached/],
])('%s counts as a failed try', async (_, respond, status, error) => {
  expect(await sendTo(respond)).toMatchObject({ status, error: expect.stringMatching(error) });
});

test('a sender that is asked to stop does not wait for the response', async () => {
  const stopping = new AbortController();
  const sending = sendTo((socket) => {
    socket.write(HALF);
    stopping.abort(new Error('stopped'));
  }, stopping.signal);
  await expect(sending).rejects.toThrow('stopped');
});

test('the scheme of an address may be in capital letters', async () => {
  const handshakes: boolean[] = [];
  await sendTo(
    (socket, bytes) => {
      handshakes.push(bytes[0] === 22); // A TLS record of the type "handshake"
      socket.destroy();
    },
    NEVER,
    'HTTPS',
  );
  expect(handshakes).toEqual([true]);
});
