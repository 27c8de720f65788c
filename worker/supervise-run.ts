import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Database } from '../server/database/client.js';
import { markRunFailed } from '../server/features/training/run-lifecycle.js';
import { DEPENDENCIES, OUTAGES, UnavailableError } from '../server/unavailable-error.js';

const TRAIN_RUN = join(import.meta.dirname, 'train-run.js');
/** Milliseconds that the training process has to stop by itself: it looks between two steps. */
const STOP_TIMEOUT = 8_000;

/** Which try of the job this is, as the queue tells it. */
export interface Attempt {
  signal: AbortSignal;
  /** Counts from 1. More than `maxAttempts`: the worker died in all of them, and this one only records that. */
  attempt: number;
  maxAttempts: number;
}

export interface SupervisionServices {
  database: Database;
  log: Logger;
  /** Settings of the training process. */
  env: NodeJS.ProcessEnv;
  /** Makes sure that the training engine is there: null, or why it cannot be had on this machine. */
  installTensorFlow: (log: Logger, signal: AbortSignal) => Promise<string | null>;
}

/**
 * The job of a training run: a process of its own carries it out. When that process dies, throws, so that the queue tries
 * again and the run goes on from its last epoch; in the last attempt the run is FAILED instead. An end because the database
 * was away is no attempt.
 */
export async function superviseRun(
  { database, log, env, installTensorFlow }: SupervisionServices,
  runId: string,
  { signal, attempt, maxAttempts }: Attempt,
): Promise<void> {
  if (attempt > maxAttempts) {
    return markRunFailed(database, runId, 'The worker died in every attempt, perhaps for want of memory.');
  }
  const missing = await installTensorFlow(log, signal);
  if (missing !== null) {
    return markRunFailed(
      database,
      runId,
      `TensorFlow, which training needs, is not on the worker. ${missing} ` +
        'Run "node scripts/install-tensorflow.mjs" there to see what to do, then start the training again.',
    );
  }
  const end = await runProcess(runId, env, signal);
  if (end === null) return;
  log.warn(`The process of training run ${runId} ended with ${end}, attempt ${attempt} of ${maxAttempts}`);
  if (!signal.aborted && attempt >= maxAttempts) {
    return markRunFailed(
      database,
      runId,
      `The training process ended ${maxAttempts} times before it was done, the last time with ${end}: the worker's log says more.`,
    );
  }
  throw new Error(`The training process ended with ${end}.`);
}

/** What the training process says of the error that ended it. */
export const RunFailure = z.object({
  failure: z.string(),
  /** What was away, where that is why. */
  away: z.object({ dependency: z.enum(DEPENDENCIES), outage: z.enum(OUTAGES) }).nullable(),
});

/**
 * Runs the training process to its end: null where it was done, else what it ended with, and why where it said so.
 * @throws UnavailableError where the database was away
 */
async function runProcess(
  runId: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | null> {
  const child = fork(TRAIN_RUN, [runId], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let reason = '';
  let away: UnavailableError | null = null;
  child.on('message', (message) => {
    const { success, data } = RunFailure.safeParse(message);
    if (!success) return;
    reason = ` (${data.failure})`;
    if (data.away) away = new UnavailableError(data.away.dependency, data.away.outage);
  });
  let deadline: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await new Promise<string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killedBy) => {
        if (code !== 0 && away?.dependency === 'database') return reject(away);
        resolve(code === 0 ? null : `${killedBy ?? `exit code ${code}`}${reason}`);
      });
    });
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(deadline);
  }
}
