// The process that carries out one training run: `node train-run.js RUN_ID`, started by the worker. TensorFlow blocks the
// thread that calls it, takes all cores it gets, and may take its process down: it has one of its own, at low priority.
import { join } from 'node:path';
import { setPriority } from 'node:os';
import type { z } from 'zod';
import { loadConfig } from '../server/config.js';
import { createDatabase, type Database } from '../server/database/client.js';
import {
  isCancelRequested,
  markRunCancelled,
  markRunFailed,
  markRunStarted,
  RunNotRunningError,
} from '../server/features/training/run-lifecycle.js';
import { createLog } from '../server/log.js';
import { unavailableOf } from '../server/outages/unavailable-of.js';
import { openObjectStore } from '../server/storage/open-object-store.js';
import { carryOutRun } from './carry-out-run.js';
import type { RunFailure } from './supervise-run.js';
import { loadTensorFlow } from '../training/tensorflow/tensorflow.js';
import { TrainingDataError } from '../training/training-data-error.js';

const POLL_INTERVAL = 500;

class CancelledError extends Error {}

const [runId] = process.argv.slice(2);
if (!runId) throw new Error('Usage: node train-run.js RUN_ID');
setPriority(10);

const config = loadConfig(process.env);
if (config.databaseUrl === null) throw new Error('DATABASE_URL is not set.');
const log = createLog(config.logLevel);
const database = createDatabase(config.databaseUrl, 2);
const store = openObjectStore(config.objectStore, config.s3);
const stop = new AbortController();
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.once(event, () => stop.abort(new Error('The worker is stopping.')));
}
const watch = watchForCancel(database, runId, stop);

try {
  const run = await markRunStarted(database, runId);
  if (run) {
    const tf = await loadTensorFlow();
    await carryOutRun(
      { database, store, log, tf, folder: join(config.dataDir, 'training') },
      run,
      stop.signal,
    );
  }
} catch (error) {
  if (error instanceof CancelledError || error instanceof RunNotRunningError) {
    await markRunCancelled(database, runId);
    log.info('The run was cancelled; nothing was registered');
  } else if (error instanceof TrainingDataError) {
    await markRunFailed(database, runId, error.message);
    log.warn(`The run failed: ${error.message}`);
  } else {
    if (!stop.signal.aborted) {
      log.error({ err: error }, 'The run broke off');
      const away = unavailableOf(error);
      process.send?.({
        failure: String(error),
        away: away && { dependency: away.dependency, outage: away.outage },
      } satisfies z.infer<typeof RunFailure>);
    }
    process.exitCode = 1;
  }
} finally {
  clearInterval(watch);
  store.close();
  await database.$disconnect();
  if (process.connected) process.disconnect();
}

/** Aborts `stop` soon after somebody asks for the run to be cancelled. */
function watchForCancel(database: Database, runId: string, stop: AbortController): NodeJS.Timeout {
  const look = async () => {
    const run = await database.trainingRun.findUnique({ where: { id: runId }, select: { status: true } });
    if (run?.status === 'RUNNING' && (await isCancelRequested(database, runId)))
      stop.abort(new CancelledError());
  };
  return setInterval(() => {
    look().catch((error: unknown) => log.warn({ err: error }, 'Could not look whether the run is cancelled'));
  }, POLL_INTERVAL);
}
