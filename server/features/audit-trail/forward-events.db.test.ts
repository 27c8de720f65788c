import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { pino } from 'pino';
import { freePort } from '../../concurrency/testing-port.js';
import { createTestDatabase, type TestDatabase } from '../../database/testing.js';
import { runInProcess, specifier } from '../../process/testing.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { forwardEvents } from './forward-events.js';
import { runForwarder } from './run-forwarder.js';
import { sealEvents } from './seal-events.js';
import type { SyslogReceiver } from './syslog.js';

let test: TestDatabase;
let server: Server;
let receiver: SyslogReceiver;
/** What the receiver has read, one text for each connection. */
let received: Buffer[];
let onData: (socket: Socket) => void;

beforeEach(async () => {
  test = await createTestDatabase();
  received = [];
  onData = () => undefined;
  await listen(await freePort());
});
afterEach(async () => {
  server.close();
  await test.drop();
});

/** A real receiver, which closes a connection when the sender has ended it, as rsyslog does. */
async function listen(port: number): Promise<void> {
  server = createServer((socket) => {
    const connection = received.push(Buffer.alloc(0)) - 1;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      received[connection] = Buffer.concat([received[connection] ?? Buffer.alloc(0), bytes]);
      onData(socket);
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
  receiver = { transport: 'tcp', host: '127.0.0.1', port: address.port };
}

async function recordAndSeal(count: number, outcome: 'success' | 'failure' = 'success'): Promise<void> {
  for (let i = 0; i < count; i++)
    await recordAuditEvent(
      test.database,
      { viewer: null, ip: '192.0.2.1' },
      { action: 'SIGNED_IN', outcome, detail: `línea ${i}\n<1>1 🔬` },
    );
  await sealEvents(test.database);
}

/** Splits a stream into its messages by their lengths (RFC 6587, octet counting). */
function messagesIn(stream: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at < stream.length;) {
    const space = stream.indexOf(' ', at);
    const length = Number(stream.subarray(at, space).toString());
    messages.push(stream.subarray(space + 1, space + 1 + length).toString());
    at = space + 1 + length;
  }
  return messages;
}

const positionsIn = (stream: Buffer | undefined) =>
  messagesIn(stream ?? Buffer.alloc(0)).map((message) => {
    const text = JSON.parse(message.slice(message.indexOf('{'))) as { position: string };
    return Number(text.position);
  });

const forward = () => forwardEvents(test.database, receiver, new AbortController().signal);

it('sends each sealed event as a message of RFC 5424, in the order of the chain, and none twice', async () => {
  await recordAndSeal(2);
  await recordAndSeal(1, 'failure');
  await forward();
  await forward();
  await recordAndSeal(1);
  await forward();
  expect(received.map(positionsIn)).toEqual([[1, 2, 3], [4]]);
  const [first = '', , failed = ''] = messagesIn(received[0] ?? Buffer.alloc(0));
  expect(first).toMatch(/^<110>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ cytograph - SIGNED_IN - \{/);
  expect(failed).toMatch(/^<108>1 /);
  const seal = await test.database.auditSeal.findUniqueOrThrow({ where: { position: 1n } });
  expect(JSON.parse(first.slice(first.indexOf('{')))).toMatchObject({
    hash: seal.hash,
    event: { id: seal.eventId, ip: '192.0.2.1', detail: 'línea 0\n<1>1 🔬' },
  });
});

it('sends events again that the receiver may not have taken', async () => {
  await recordAndSeal(3);
  onData = (socket) => socket.resetAndDestroy();
  await expect(forward()).rejects.toThrow(/ECONNRESET|EPIPE/);
  onData = () => undefined;
  await forward();
  expect(positionsIn(received[1])).toEqual([1, 2, 3]);
});

it('sends more events than a batch has', async () => {
  await test.database.auditEvent.createMany({
    data: Array.from({ length: 1_100 }, (_, i) => ({
      id: `aud_${String(i).padStart(32, '0')}`,
      action: 'SIGNED_OUT',
      outcome: 'success',
    })),
  });
  await sealEvents(test.database);
  await forward();
  expect(received.flatMap(positionsIn)).toEqual(Array.from({ length: 1_100 }, (_, i) => i + 1));
});

it('several servers at once send each event once', async () => {
  await recordAndSeal(20);
  await Promise.all([forward(), forward(), forward()]);
  expect(received.flatMap(positionsIn)).toHaveLength(20);
});

it('waits for a receiver that is unreachable, and continues when it is back', async () => {
  const { port } = receiver;
  server.close();
  await once(server, 'close');
  await recordAndSeal(2);
  const log = pino({ level: 'silent' });
  const forwarder = runForwarder({ database: test.database, log }, receiver);
  try {
    await sleep(1_500);
    await recordAndSeal(1); // is recorded and sealed without the receiver
    await listen(port);
    for (let tries = 0; received.flatMap(positionsIn).length < 3 && tries < 5_000; tries++) await sleep(100);
    expect(received.flatMap(positionsIn)).toEqual([1, 2, 3]);
  } finally {
    await forwarder.close();
  }
});

it('sends over TLS, only to a receiver whose certificate is trusted', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-syslog-'));
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...names],
    { stdio: 'ignore' },
  );
  let text = '';
  const secure = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => (text += String(bytes)));
  }).listen(0, 'localhost');
  secure.on('tlsClientError', () => undefined);
  await once(secure, 'listening');
  const { port } = secure.address() as AddressInfo;
  const program = `
    import { sendSyslog } from ${specifier('./syslog.js', import.meta.url)};
    const receiver = { transport: 'tls', host: 'localhost', port: ${port} };
    report(await sendSyslog(receiver, ['<110>1 - - - - - - text'], new AbortController().signal)
      .then(() => 'sent', (error) => error.code));`;
  try {
    const env = { PATH: process.env.PATH };
    expect(await runInProcess(program, { env })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(text).toBe('');
    expect(await runInProcess(program, { env: { ...env, NODE_EXTRA_CA_CERTS: cert } })).toBe('sent');
    expect(text).toBe('23 <110>1 - - - - - - text');
  } finally {
    secure.close();
    await rm(folder, { recursive: true, force: true });
  }
});
