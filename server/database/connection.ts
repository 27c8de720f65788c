import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

// What every connection to Postgres has, from whatever process: limits, so that a path that has fallen silent is noticed on both of
// its ends, and the time zone. docs/decisions say why these numbers.

/** For connecting, with TLS and the password, until Postgres is ready for the first statement. */
const CONNECT_MS = 5_000;
/** A statement that Postgres has not done by then it ends itself. */
const STATEMENT_MS = 60_000;
/** Longer than a transaction of Prisma may take: one whose client has vanished lets go of its locks. */
const IDLE_IN_TRANSACTION_MS = 75_000;
/** Before the first packet that asks an idle peer whether it is there, in seconds. */
const KEEP_ALIVE_S = 10;

// Of Postgres, for each session: https://www.postgresql.org/docs/current/runtime-config-client.html
const SESSION = {
  statement_timeout: STATEMENT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  // Where this machine vanishes, Postgres notices within half a minute, and frees its locks.
  tcp_keepalives_idle: KEEP_ALIVE_S,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
};

/** Settings of a connection to the Postgres at `url`. */
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
 * Gives a session its limits, where the address has not given it others (`?options=-c statement_timeout=…`), and its time zone:
 * Prisma's adapter writes times without their offset and reads them as if it were zero, so in another zone what it writes is
 * hours off for everybody else, such as `now()` and the driver. It is a statement, since poolers refuse these as options.
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

/** Ends a connection without a word to the other side, which may not hear it. Its statement fails. */
export function destroyConnection(client: pg.Client): void {
  client.connection.stream.destroy();
}

/** Says goodbye, and does not wait long for an answer. */
export async function endConnection(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => destroyConnection(client), 1_000);
  await client.end().catch(() => {});
  clearTimeout(timer);
}

const HEARTBEAT_MS = 3_000;

/**
 * Asks a connection that mostly listens, again and again until it ends, whether it is still there, and destroys it when it
 * does not answer: otherwise its silence would look like quiet.
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
  beat().catch(() => {}); // the connection has ended, which its own events tell
}

/**
 * Resolves with 'expired' after so many milliseconds, in steps: where this process itself stood still for a while, answers
 * that have come meanwhile are read first. Rejects when the signal aborts.
 */
export async function patience(milliseconds: number, signal?: AbortSignal): Promise<'expired'> {
  const steps = 10;
  for (let step = 0; step < steps; step++)
    await sleep(milliseconds / steps, null, { ...(signal && { signal }), ref: false });
  return 'expired';
}
