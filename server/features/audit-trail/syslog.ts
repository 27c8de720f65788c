import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { connect as connectTls } from 'node:tls';
import type { ChainedEvent, Seal } from './hash-chain.js';

/** A syslog receiver. */
export interface SyslogReceiver {
  transport: 'tcp' | 'tls';
  host: string;
  port: number;
}

/** Facility 13 of RFC 5424: log audit. */
const FACILITY = 13;
const SEVERITY = { success: 6, failure: 4, missing: 1 } as const;
const LONGEST_MESSAGE_ID = 32;
/** The longest silence of the receiver, in milliseconds. */
const TIMEOUT_MS = 30_000;

/**
 * A sealed event as a message of RFC 5424. The text of the message is JSON with the position in the chain, the hash and the event; the
 * message id is the action. An event that was removed from the database is an alert.
 */
export function syslogMessage({ seal, event }: { seal: Seal; event: ChainedEvent | null }): string {
  const severity = event === null ? 'missing' : event.outcome === 'success' ? 'success' : 'failure';
  const priority = FACILITY * 8 + SEVERITY[severity];
  const time = (event?.createdAt ?? seal.sealedAt).toISOString();
  const messageId = (event?.action ?? 'EVENT_MISSING').slice(0, LONGEST_MESSAGE_ID);
  const text = JSON.stringify({ position: String(seal.position), hash: seal.hash, event });
  return `<${priority}>1 ${time} ${hostname() || '-'} cytograph - ${messageId} - ${text}`;
}

/**
 * Sends messages over one connection, framed by their lengths (RFC 6587, RFC 5425), and resolves when the receiver has closed the
 * connection after the end of the messages. Syslog has no acknowledgement: this is the closest to one.
 * @throws Error if the receiver cannot be reached, breaks the connection, or is silent for 30 s; or the reason of `signal`
 */
export async function sendSyslog(
  { transport, host, port }: SyslogReceiver,
  messages: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const socket: Socket =
    transport === 'tls' ? connectTls({ host, port, servername: host }) : connectTcp({ host, port });
  const abort = () => socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  socket.setTimeout(TIMEOUT_MS, () =>
    socket.destroy(
      new Error(`The syslog receiver ${host}:${port} did not answer for ${TIMEOUT_MS / 1000} s.`),
    ),
  );
  socket.resume(); // what a receiver may send is not used, but its end of the connection must be noticed
  try {
    await once(socket, transport === 'tls' ? 'secureConnect' : 'connect');
    const ended = once(socket, 'end');
    ended.catch(() => undefined);
    socket.end(messages.map((message) => `${Buffer.byteLength(message)} ${message}`).join(''));
    await ended;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}
