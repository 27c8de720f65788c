// The worker process, which runs jobs from the queue. Any number of workers can run at the same time: the server starts one
// (`npm start`), and `npm run worker` starts another on the same database and object store.
import 'reflect-metadata'; // before any class with TypeGraphQL's decorators
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, loadEnvFile } from '../server/config.js';
import { checkPostgres, UnusablePostgresError } from '../server/database/check-postgres.js';
import { createDatabase } from '../server/database/client.js';
import { databaseTime } from '../server/database/clock.js';
import { runBulkClassification } from '../server/features/bulk/run-bulk-classification.js';
import { ingestSnapshot } from '../server/features/datasets/ingest-snapshot.js';
import { deleteErasedImages } from '../server/features/erasure/delete-erased-images.js';
import { continueScheduledTraining } from '../server/features/training/continue-scheduled-training.js';
import { ingestReviews } from '../server/features/review-snapshots/ingest-reviews.js';
import { runWebhooks } from '../server/features/webhooks/run-webhooks.js';
import { planAllTicks } from '../server/features/training/plan-tick.js';
import { tickTrainingSchedule } from '../server/features/training/tick-training-schedule.js';
import { checkRights } from '../server/jobs/prepare-database.js';
import { onceReachable, runWorker } from '../server/jobs/run-worker.js';
import { createLog } from '../server/log.js';
import { MissingKeyError } from '../server/storage/encrypted-store.js';
import { openOwnStore, requireEncryptionKeys } from '../server/storage/open-object-store.js';
import { evaluateVersion } from './evaluate-version.js';
import { fitVersion } from './fit-version.js';
import { installTensorFlow } from '../training/tensorflow/install-tensorflow.js';
import { pruneTrainingFolder } from './prune-folder.js';
import { superviseRun } from './supervise-run.js';

/** Jobs at a time: an ingestion need not wait for a training run to end. */
const CONCURRENCY = 2;

/** Of the process, from -20 (first) to 19: a job takes the cores that the server leaves, because uploads go first. */
const PRIORITY = 5;

async function main(): Promise<void> {
  setPriority(PRIORITY);
  const stopRequested = waitForStopRequest(); // first of all: the end of a killed server is reported only once
  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const { databaseUrl } = config;
  if (databaseUrl === null) {
    throw new ConfigError(
      "DATABASE_URL is not set: a separate worker needs the server's database (npm start includes a worker already).",
    );
  }
  const log = createLog(config.logLevel);
  const stopping = new AbortController();
  void stopRequested.then(() => stopping.abort());
  await onceReachable(
    async () => {
      await checkPostgres(databaseUrl);
      await checkRights(databaseUrl);
    },
    log,
    stopping.signal,
  );
  await requireEncryptionKeys(config).catch((error: unknown) => {
    if (error instanceof MissingKeyError) throw error; // any other failure concerns the jobs that use the store
  });
  const database = createDatabase(databaseUrl, 10, log);
  const store = openOwnStore(config);
  const worker = await runWorker({
    url: databaseUrl,
    signal: stopping.signal,
    concurrency: CONCURRENCY,
    alone: ['train'], // each takes all cores, and memory for its network
    log,
    tasks: {
      'ingest-snapshot': async ({ snapshotId }, attempt) => {
        await ingestSnapshot({ config, database, store, log }, snapshotId, attempt);
        await continueScheduledTraining({ database, log }, snapshotId);
      },
      'ingest-reviews': async ({ snapshotId }, attempt) => {
        await ingestReviews({ config, database, store, log }, snapshotId, attempt);
        await continueScheduledTraining({ database, log }, snapshotId);
      },
      'classify-folder': ({ bulkClassificationId }, attempt) =>
        runBulkClassification(
          { config, database, store, log, threads: config.inferenceThreads },
          bulkClassificationId,
          attempt,
        ),
      'delete-erased-images': (_nothing, { signal }) => deleteErasedImages({ database, store }, signal),
      'tick-training-schedule': async (tick) =>
        tickTrainingSchedule({ database, log }, tick, await databaseTime(database)),
      train: async ({ trainingRunId }, attempt) => {
        await pruneTrainingFolder(database, join(config.dataDir, 'training'), new Date()).catch(
          (error: unknown) => log.warn({ err: error }, 'Old training files could not be removed'),
        );
        await superviseRun(
          { database, store, log, env: process.env, installTensorFlow },
          trainingRunId,
          attempt,
        );
      },
      evaluate: ({ evaluationId }, attempt) =>
        evaluateVersion(
          { database, store, log, threads: Math.ceil(config.inferenceThreads / 2) },
          evaluationId,
          attempt,
        ),
      fit: ({ fitId }, attempt) =>
        fitVersion({ database, store, log, threads: Math.ceil(config.inferenceThreads / 2) }, fitId, attempt),
    },
  });
  await onceReachable(() => planAllTicks(database), log, stopping.signal);
  const webhooks = runWebhooks({ config, database, log });
  log.info('The worker waits for jobs');

  await Promise.race([stopRequested, worker.ended]);
  log.info('The worker is stopping');
  await webhooks.close();
  await worker.stop();
  store.close();
  await database.$disconnect();
  if (process.connected) process.disconnect();
}

/** Resolves when a signal arrives, or when the process that started this one ends. */
async function waitForStopRequest(): Promise<void> {
  if (process.send && !process.connected) return; // started over IPC, and the parent has already ended
  await new Promise<void>((resolve) => {
    for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, () => resolve());
  });
}

main().catch((error: unknown) => {
  if (error instanceof Error && error.name === 'AbortError') process.exit(0); // asked to stop while it waited for the database
  const isExplained = [ConfigError, MissingKeyError, UnusablePostgresError].some(
    (type) => error instanceof type,
  );
  const text = error instanceof Error ? (isExplained ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
