import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

// Settings of every connection to Postgres, in all processes: time limits, so that both ends notice when the network path stops
// delivering, and the time zone. The reasons for the limits are in docs/decisions.

/** Time limit for connecting, including TLS and authentication, in milliseconds. */
const CONNECT_MS = 5_000;
/** Postgres cancels a statement that takes longer, in milliseconds. */
const STATEMENT_MS = 60_000;
/**
 * Postgres ends a transaction that has been idle for longer, in milliseconds, so that the locks of a client that disappeared are
 * released. Longer than any transaction of Prisma may take.
 */
const IDLE_IN_TRANSACTION_MS = 75_000;
/** Idle time before the first TCP keep-alive packet, in seconds. */
const KEEP_ALIVE_S = 10;

// Session settings of Postgres: https://www.postgresql.org/docs/current/runtime-config-client.html
const SESSION = {
  statement_timeout: STATEMENT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  // If this machine disappears from the network, Postgres notices within half a minute and releases its locks.
  tcp_keepalives_idle: KEEP_ALIVE_S,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
};

/** Returns the settings for a connection to the Postgres at `url`. */
export function connectionTo(url: string, applicationName = 'cytograph'): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_S * 1000,
  };
}

/**
 * Sets the time limits of a session, except those that the URL sets (`?options=-c statement_timeout=…`), and its time zone, UTC:
 * Prisma's adapter writes times without an offset and reads them as UTC, so in another time zone they would differ by hours from
 * `now()` and from times that the driver writes. Sent as a statement because poolers refuse these settings as options.
 */
export async function prepareSession(client: pg.ClientBase): Promise<void> {
  await client.query(PREPARE);
}

const PREPARE = `
  SELECT set_config('TimeZone', 'UTC', false), (
    SELECT count(set_config(name, wanted.value, false))
    FROM (VALUES ${Object.entries(SESSION)
      .map(([name, value]) => `('${name}', '${value}')`)
      .join(', ')}) AS wanted (name, value)
    JOIN pg_settings USING (name) WHERE source <> 'client'
  )`;

/** Closes a connection without notifying the server, which may be unreachable. A running statement fails. */
export function destroyConnection(client: pg.Client): void {
  client.connection.stream.destroy();
}

/** Closes a connection in the orderly way, waiting at most a second for the server. */
export async function endConnection(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => destroyConnection(client), 1_000);
  await client.end().catch(() => {});
  clearTimeout(timer);
}

const HEARTBEAT_MS = 3_000;

/**
 * Checks a connection that mostly listens with a short query every few seconds, until it ends, and destroys it if it does not
 * respond. Otherwise a broken connection would look like one without notifications.
 */
export function watchConnection(client: pg.Client): void {
  const ended = new AbortController();
  client.once('end', () => ended.abort());
  const beat = async () => {
    while (!ended.signal.aborted) {
      await sleep(HEARTBEAT_MS, null, { signal: ended.signal, ref: false });
      const answered = client.query('SELECT 1');
      const silence = patience(HEARTBEAT_MS, ended.signal);
      if ((await Promise.race([answered, silence])) === 'expired') destroyConnection(client);
      await answered;
    }
  };
  beat().catch(() => {}); // the connection has ended, which its own events report
}

/**
 * Resolves with 'expired' after `milliseconds`, waiting in ten steps. If this process itself was paused for a while, responses that
 * arrived during the pause are therefore read first. Rejects when the signal aborts.
 */
export async function patience(milliseconds: number, signal?: AbortSignal): Promise<'expired'> {
  const steps = 10;
  for (let step = 0; step < steps; step++)
    await sleep(milliseconds / steps, null, { ...(signal && { signal }), ref: false });
  return 'expired';
}
