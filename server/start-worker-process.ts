import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Config } from './config.js';

const PROGRAM = fileURLToPath(new URL('../worker/main.js', import.meta.url));

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A worker that ran this long was healthy: the pauses between restarts start again at the shortest. */
const WELL_AFTER_MS = 60_000;
/** A training run only has to finish its batch: the next attempt continues from the last epoch. */
const PATIENCE_MS = 10_000;

export interface WorkerProcess {
  /** Asks the worker to stop, and kills it if it does not. */
  stop(): Promise<void>;
}

/**
 * Runs the worker (ingestion, training) as a child process on the same database and object store. If the worker exits, it is
 * restarted after 1 s, then after increasing pauses of up to a minute.
 */
export function startWorkerProcess(config: Config, databaseUrl: string, log: Logger): WorkerProcess {
  if (!existsSync(PROGRAM)) throw new Error(`The worker has not been built: ${PROGRAM} is missing.`);
  const environment = environmentOf(config, databaseUrl);
  let child: ChildProcess | null = null;
  let restart: NodeJS.Timeout | null = null;
  let pause = FIRST_PAUSE_MS;
  let stopping = false;

  const start = () => {
    const startedAt = performance.now();
    // A separate process group: Ctrl-C only reaches the server, which then stops its parts in order.
    const options = {
      env: environment,
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    } as const;
    child = spawn(process.execPath, ['--enable-source-maps', PROGRAM], {
      ...options,
      stdio: [...options.stdio],
    });
    const { pid } = child;
    const startAgain = (reason: object) => {
      child = null;
      if (stopping) return;
      if (performance.now() - startedAt > WELL_AFTER_MS) pause = FIRST_PAUSE_MS;
      log.warn({ ...reason, pauseMs: pause }, 'The worker exited and will be restarted after a pause.');
      restart = setTimeout(start, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    };
    child.on('error', (error) => {
      if (pid === undefined)
        startAgain({ err: error }); // no process was started, so there is no exit event
      else log.error({ err: error }, 'The worker could not be reached.');
    });
    child.once('exit', (code, signal) => startAgain({ code, signal }));
  };
  const kill = () => child?.kill('SIGKILL');
  process.once('exit', kill);
  start();

  return {
    stop: async () => {
      stopping = true;
      if (restart) clearTimeout(restart);
      process.removeListener('exit', kill);
      if (child) await end(child);
    },
  };
}

/** The worker's settings, as environment variables. */
function environmentOf(config: Config, databaseUrl: string): NodeJS.ProcessEnv {
  const { credentials, endpoint, region, requesterPays } = config.s3;
  return {
    ...process.env,
    DATABASE_URL: databaseUrl,
    MIGRATION_DATABASE_URL: '',
    DATA_DIR: config.dataDir,
    OBJECT_STORE: config.objectStore,
    ENCRYPTION_KEYS: config.encryptionKeys.map((key) => key.toString('base64')).join(','),
    ENCRYPTION_KEYS_FILE: '',
    INGEST_ROOTS: config.ingestRoots.join(','),
    INGEST_BUCKETS: config.ingestBuckets.join(','),
    LOG_LEVEL: config.logLevel,
    S3_REQUESTER_PAYS: String(requesterPays ?? false),
    ...(region !== null && { AWS_REGION: region }),
    ...(endpoint !== null && { S3_ENDPOINT: endpoint }),
    ...(credentials && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    }),
  };
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await ended;
  clearTimeout(timer);
}
