// The process that trains one run: `node train-run.js RUN_ID`, started by the worker. TensorFlow blocks the thread that calls
// it, uses all cores it can get, and may crash its process, so it has a separate process with low priority.
import { join } from 'node:path';
import { setPriority } from 'node:os';
import { loadConfig } from '../server/config.js';
import { createDatabase, type Database } from '../server/database/client.js';
import { isCancelRequested, startRun } from '../server/features/training/run-lifecycle.js';
import { JobNotRunningError } from '../server/jobs/job-table.js';
import { createLog } from '../server/log.js';
import { unavailableOf } from '../server/outages/unavailable-of.js';
import { openOwnStore } from '../server/storage/open-object-store.js';
import { trainAndRegister } from './train-and-register.js';
import type { RunFailure } from './supervise-run.js';
import { loadTensorFlow } from '../training/tensorflow/tensorflow.js';
import { TrainingDataError } from '../training/training-data-error.js';

const POLL_INTERVAL = 500;

const [runId] = process.argv.slice(2);
if (!runId) throw new Error('Usage: node train-run.js RUN_ID');
setPriority(10);

const config = loadConfig(process.env);
if (config.databaseUrl === null) throw new Error('DATABASE_URL is not set.');
const log = createLog(config.logLevel);
const database = createDatabase(config.databaseUrl, 2);
const store = openOwnStore(config);
const stop = new AbortController();
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.once(event, () => stop.abort(new Error('The worker is stopping.')));
}
const watch = watchForCancel(database, runId, stop);

try {
  const run = await startRun(database, runId);
  if (run) {
    const tf = await loadTensorFlow();
    await trainAndRegister(
      { database, store, log, tf, folder: join(config.dataDir, 'training') },
      run,
      stop.signal,
    );
  }
} catch (error) {
  process.exitCode = 1;
  const failure = failureOf(error);
  if (!stop.signal.aborted) log.error({ err: error }, 'The training stopped');
  if (!stop.signal.aborted || failure.kind === 'not running') process.send?.(failure);
} finally {
  clearInterval(watch);
  store.close();
  await database.$disconnect();
  if (process.connected) process.disconnect();
}

function failureOf(error: unknown): RunFailure {
  if (error instanceof JobNotRunningError) return { kind: 'not running' };
  if (error instanceof TrainingDataError) return { kind: 'data', message: error.message };
  const unavailable = unavailableOf(error);
  if (!unavailable) return { kind: 'other', message: String(error) };
  const { dependency, outage } = unavailable;
  return { kind: 'unavailable', dependency, outage };
}

/** Aborts `stop` soon after the run was asked to stop. */
function watchForCancel(database: Database, runId: string, stop: AbortController): NodeJS.Timeout {
  const check = async () => {
    const run = await database.trainingRun.findUnique({ where: { id: runId }, select: { status: true } });
    if (run?.status === 'RUNNING' && (await isCancelRequested(database, runId)))
      stop.abort(new JobNotRunningError(runId));
  };
  return setInterval(() => {
    check().catch((error: unknown) =>
      log.warn({ err: error }, 'Could not check whether the run is cancelled'),
    );
  }, POLL_INTERVAL);
}
