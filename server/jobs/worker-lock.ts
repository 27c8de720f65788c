import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import {
  connectionTo,
  destroyConnection,
  endConnection,
  prepareSession,
  watchConnection,
} from '../database/connection.js';

// A worker that is killed cannot return its jobs, and the queue alone would wait four hours before it runs them again. So each
// worker holds an advisory lock while its connection is open: the jobs of a worker without a lock are free.

/** First half of the locks' keys; the second is the hash of the worker's name in the queue. */
const LOCK_CLASS = 4_021_971;
const PAUSE_MS = 500;

export interface WorkerLock {
  /** Resolves once the lock is held, after a broken connection once it is held again. */
  held(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the lock of the worker that the queue knows as `workerName`, and takes it again whenever the connection breaks.
 * @param onLost called when it breaks: from then on others may take over the worker's jobs
 */
export function holdWorkerLock(url: string, workerName: string, log: Logger, onLost: () => void): WorkerLock {
  const released = new AbortController();
  const isReleased = () => released.signal.aborted;
  let client: pg.Client | null = null;
  let held = take();

  async function take(): Promise<void> {
    while (!isReleased())
      try {
        client = await lock(url, workerName, released.signal);
        client.once('end', () => {
          if (isReleased()) return;
          log.warn('The connection that holds the lock of this worker broke.');
          held = take();
          onLost();
        });
        if (isReleased()) await endConnection(client);
        return;
      } catch (error) {
        log.debug({ err: error }, 'The lock of this worker could not be taken yet.');
        await sleep(PAUSE_MS, null, { signal: released.signal }).catch(() => {});
      }
  }

  return {
    held: () => held,
    release: async () => {
      released.abort();
      if (client) await endConnection(client);
      await held;
    },
  };
}

/** Ends the session that held the lock before: where its connection was lost in silence, Postgres may believe that it lives. */
const END_FORMER = `
  SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = $1::int::oid AND objid = hashtext($2)::oid
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

async function lock(url: string, workerName: string, released: AbortSignal): Promise<pg.Client> {
  const client = new pg.Client(connectionTo(url, 'cytograph: worker'));
  client.on('error', () => {}); // 'end' follows
  const giveUp = () => destroyConnection(client);
  released.addEventListener('abort', giveUp);
  try {
    await client.connect();
    await prepareSession(client); // where the worker's machine vanishes, Postgres notices within half a minute
    await client.query(END_FORMER, [LOCK_CLASS, workerName]);
    await client.query('SELECT pg_advisory_lock($1, hashtext($2))', [LOCK_CLASS, workerName]);
    watchConnection(client);
    return client;
  } catch (error) {
    await endConnection(client);
    throw error;
  } finally {
    released.removeEventListener('abort', giveUp);
  }
}

/**
 * Frees the jobs of workers that hold no lock, so that they are taken at once.
 * @returns how many
 */
export async function freeJobsOfDeadWorkers(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `WITH dead AS (
       SELECT array_agg(DISTINCT locked_by) AS names, count(*)::int AS count
       FROM graphile_worker.jobs
       WHERE locked_by IS NOT NULL AND NOT EXISTS (
         SELECT FROM pg_locks
         WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = $1::int::oid
           AND objid = hashtext(locked_by)::oid
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
     )
     SELECT count, graphile_worker.force_unlock_workers(names),
       pg_notify('jobs:insert', json_build_object('count', count)::text)
     FROM dead WHERE count > 0`,
    [LOCK_CLASS],
  );
  return rows[0]?.count ?? 0;
}
