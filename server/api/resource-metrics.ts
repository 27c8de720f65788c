import { statfs } from 'node:fs/promises';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../database/client.js';
import type { Draft, ObjectStore } from '../storage/object-store.js';
import { within } from '../concurrency/within.js';

/** Histogram buckets in seconds, from reading one indexed row to a request that hangs. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** The longest time that a scrape waits for the database. After it, the gauge is missing. */
const SCRAPE_TIMEOUT_MS = 2_000;

/** Adds metrics of the connection pool, of statement times, and of the jobs in the queue. */
export function observeDatabase(registry: Registry, database: Database): void {
  const registers = [registry];
  const { pool } = database;
  new Gauge({
    name: 'cytograph_database_connections',
    help: 'Connections of the pool: in use and idle, and the number of callers waiting for a connection.',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'in_use' }, pool.totalCount - pool.idleCount);
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'waiting' }, pool.waitingCount);
    },
  });
  const seconds = new Histogram({
    name: 'cytograph_database_seconds',
    help: 'Time that a connection was in use, for one statement or one transaction.',
    buckets: SECONDS,
    registers,
  });
  const taken = new WeakMap<object, number>();
  pool.on('acquire', (client) => void taken.set(client, performance.now()));
  pool.on('release', (_error, client) => {
    const since = taken.get(client);
    if (since !== undefined) seconds.observe((performance.now() - since) / 1000);
  });
  new Gauge({
    name: 'cytograph_jobs',
    help: 'Jobs of all servers: waiting for a worker, scheduled for later, running, or failed after all attempts.',
    labelNames: ['task', 'state'],
    registers,
    async collect() {
      this.reset();
      const jobs = await within(SCRAPE_TIMEOUT_MS, countJobs(database)).catch(() => []);
      for (const { task, state, count } of jobs) this.set({ task, state }, Number(count));
    },
  });
  new Gauge({
    name: 'cytograph_failed_runs',
    help: 'Snapshots, training runs, fits, evaluations and bulk classifications whose status is FAILED.',
    labelNames: ['kind'],
    registers,
    async collect() {
      this.reset();
      const runs = await within(SCRAPE_TIMEOUT_MS, countFailures(database)).catch(() => []);
      for (const { kind, count } of runs) this.set({ kind }, Number(count));
    },
  });
}

function countJobs(database: Database) {
  return database.$queryRaw<{ task: string; state: string; count: bigint }[]>`
    SELECT task_identifier AS task,
      CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'failed'
        WHEN run_at > now() THEN 'scheduled' ELSE 'waiting' END AS state,
      count(*) AS count
    FROM graphile_worker.jobs GROUP BY 1, 2`;
}

function countFailures(database: Database) {
  return database.$queryRaw<{ kind: string; count: bigint }[]>`
    SELECT 'snapshot' AS kind, count(*) AS count FROM "DatasetSnapshot" WHERE status = 'FAILED'
    UNION ALL SELECT 'fit', count(*) FROM "Fit" WHERE status = 'FAILED'
    UNION ALL SELECT 'training', count(*) FROM "TrainingRun" WHERE status = 'FAILED'
    UNION ALL SELECT 'evaluation', count(*) FROM "Evaluation" WHERE status = 'FAILED'
    UNION ALL SELECT 'bulk', count(*) FROM "BulkClassification" WHERE status = 'FAILED'`;
}

/** Adds the free and the total space of the disk that has `folder`. */
export function observeDisk(registry: Registry, folder: string): void {
  new Gauge({
    name: 'cytograph_disk_bytes',
    help: 'Bytes on the disk of DATA_DIR: free for this process, and total.',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      this.reset();
      const disk = await statfs(folder).catch(() => null);
      if (!disk) return;
      this.set({ kind: 'free' }, disk.bavail * disk.bsize);
      this.set({ kind: 'total' }, disk.blocks * disk.bsize);
    },
  });
}

const TIMED: ReadonlySet<unknown> = new Set(['put', 'putOnce', 'get', 'delete', 'stat', 'probe']);

/** The same store, with the duration of its requests in a histogram. */
export function observeStore(registry: Registry, store: ObjectStore): ObjectStore {
  const seconds = new Histogram({
    name: 'cytograph_object_store_seconds',
    help: 'Duration of requests to the object store, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
    buckets: SECONDS,
    registers: [registry],
  });
  const timed = async <Result>(operation: string, act: () => Promise<Result>): Promise<Result> => {
    const begin = performance.now();
    const observe = (outcome: string) =>
      seconds.observe({ operation, outcome }, (performance.now() - begin) / 1000);
    try {
      const result = await act();
      observe('ok');
      return result;
    } catch (error) {
      observe('failed');
      throw error;
    }
  };
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name === 'draft') {
        return (...args: Parameters<ObjectStore['draft']>) => {
          const draft = target.draft(...args);
          return {
            putOnce: (...to: Parameters<Draft['putOnce']>) => timed('putOnce', () => draft.putOnce(...to)),
            discard: () => draft.discard(),
          };
        };
      }
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return TIMED.has(name) ? (...args: unknown[]) => timed(String(name), async () => call(...args)) : call;
    },
  });
}
