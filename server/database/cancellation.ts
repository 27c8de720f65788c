import { AsyncLocalStorage } from 'node:async_hooks';
import { connect } from 'node:net';
import pg from 'pg';

const signals = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs `work`. Statements that it has begun when `signal` aborts are cancelled in Postgres, and those that it begins later fail.
 * Their connections are closed, so that a late request to cancel cannot reach the next statement on the connection.
 */
export function cancelledBy<T>(signal: AbortSignal, work: () => T): T {
  return signals.run(signal, work);
}

/** Runs `work`, which continues after the operation that started it, so that nothing cancels its statements. */
export function neverCancelled<T>(work: () => T): T {
  return signals.exit(work);
}

/** The signal that cancels the statements of the caller. */
export function cancelSignal(): AbortSignal | undefined {
  return signals.getStore();
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-CANCELREQUEST */
const CANCEL_REQUEST = 80877102;
const CANCEL_MS = 5_000;

/** Asks Postgres, over a new connection, to cancel the running statement of `client`. Poolers pass the request on. */
export function requestCancel(client: pg.Client): void {
  const { host, port } = client;
  const message = Buffer.alloc(16);
  message.writeInt32BE(message.length, 0);
  message.writeInt32BE(CANCEL_REQUEST, 4);
  // The driver has both from Postgres; its types lack them.
  message.writeInt32BE(Number(Reflect.get(client, 'processID')), 8);
  message.writeInt32BE(Number(Reflect.get(client, 'secretKey')), 12);
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_MS, () => socket.destroy());
  socket.on('error', () => {}); // statement_timeout then ends the statement
  socket.end(message);
}
