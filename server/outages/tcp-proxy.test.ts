import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTcpProxy, type TcpProxy } from './testing.js';

let echo: net.Server;
let proxy: TcpProxy;

beforeEach(async () => {
  echo = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const { port } = echo.address() as net.AddressInfo;
  proxy = await startTcpProxy(`tcp://127.0.0.1:${port}`);
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

async function connect() {
  const socket = net.connect(proxy.port, '127.0.0.1');
  let received = '';
  let error: string | null = null;
  socket.on('data', (bytes) => (received += bytes.toString()));
  socket.on('error', (thrown: NodeJS.ErrnoException) => (error = thrown.code ?? ''));
  await once(socket, 'connect');
  return { socket, received: () => received, error: () => error };
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(5))
    if (Date.now() > end) throw new Error('The condition was not met in time.');
}

it('passes all data on, and removes a connection that has ended', async () => {
  const { socket, received } = await connect();
  socket.write('a');
  await until(() => received() === 'a');
  expect(proxy.connections).toBe(1);
  socket.end();
  await until(() => proxy.connections === 0);
});

it('holds data back during a silence, and delivers it afterwards in order', async () => {
  const { socket, received, error } = await connect();
  await proxy.set({ kind: 'silence' });
  socket.write('a');
  socket.write('b');
  await sleep(100);
  expect([received(), error()]).toEqual(['', null]);
  await proxy.heal();
  await until(() => received() === 'ab');
});

it('loses the data sent during the fault and its connection, but not later connections', async () => {
  const { socket, received, error } = await connect();
  await proxy.set({ kind: 'lose' });
  socket.write('a');
  await proxy.heal();
  socket.write('b');
  const later = await connect();
  later.socket.write('c');
  await until(() => later.received() === 'c');
  expect([received(), error()]).toEqual(['', null]);
  later.socket.end();
});

it('holds back only the replies', async () => {
  const requests: string[] = [];
  echo.on('connection', (socket: net.Socket) =>
    socket.on('data', (bytes) => requests.push(bytes.toString())),
  );
  const { socket, received } = await connect();
  await proxy.set({ kind: 'silence', only: 'replies' });
  socket.write('a');
  await until(() => requests.includes('a'));
  expect(received()).toBe('');
  await proxy.heal();
  await until(() => received() === 'a');
});

it('delays both directions', async () => {
  const { socket, received } = await connect();
  await proxy.set({ kind: 'delay', milliseconds: 60 });
  const begin = performance.now();
  socket.write('a');
  await until(() => received() === 'a');
  expect(performance.now() - begin).toBeGreaterThanOrEqual(118);
});

it('resets connections, and refuses new ones until it is healed', async () => {
  const first = await connect();
  await proxy.set({ kind: 'reset' });
  await until(() => first.error() === 'ECONNRESET');
  await proxy.set({ kind: 'refuse' });
  await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.heal();
  const second = await connect();
  second.socket.write('a');
  await until(() => second.received() === 'a');
});
