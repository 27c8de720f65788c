import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { countEpochs, startRun, trainingRuns } from '../server/features/training/run-lifecycle.js';
import { JobNotRunningError, markCancelled, markFailed } from '../server/jobs/job-table.js';
import { type Attempt, type AttemptServices, runAttempt } from '../server/jobs/run-attempt.js';
import { DEPENDENCIES, OUTAGES, UnavailableError } from '../server/unavailable-error.js';
import { TrainingDataError } from '../training/training-data-error.js';

const TRAIN_RUN = join(import.meta.dirname, 'train-run.js');
/** Milliseconds that the training process has to stop. It checks between two steps whether it should. */
const STOP_TIMEOUT = 8_000;

export interface SupervisionServices extends AttemptServices {
  /** Settings of the training process. */
  env: NodeJS.ProcessEnv;
  /** Installs TensorFlow if it is missing. Returns null, or why it cannot be installed on this machine. */
  installTensorFlow: (log: Logger, signal: AbortSignal) => Promise<string | null>;
}

/** TensorFlow is missing, or the training process stopped; `message` says why. */
class TensorFlowMissingError extends Error {
  override readonly name = 'TensorFlowMissingError';
}
class TrainingProcessError extends Error {
  override readonly name = 'TrainingProcessError';
}

/** The job of a training run: starts the training process, which continues from the run's last epoch, and waits for its end. */
export async function superviseRun(
  services: SupervisionServices,
  runId: string,
  attempt: Attempt,
): Promise<void> {
  const { database } = services;
  await runAttempt(services, attempt, {
    id: runId,
    start: () => startRun(database, runId),
    progress: () => countEpochs(database, runId),
    work: () => train(services, runId, attempt.signal),
    fail: (reason) => markFailed(database, trainingRuns, runId, reason),
    cancel: () => markCancelled(database, trainingRuns, runId),
    finalErrors: [TrainingDataError, TensorFlowMissingError],
    explainedErrors: [TrainingProcessError],
  });
}

async function train(
  { log, env, installTensorFlow }: SupervisionServices,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  const missing = await installTensorFlow(log, signal);
  if (missing !== null) {
    throw new TensorFlowMissingError(
      `TensorFlow, which training needs, is not installed on the worker. ${missing} ` +
        'Run "node scripts/install-tensorflow.mjs" there to see what to do, then continue the training.',
    );
  }
  await runProcess(runId, env, signal);
}

/** Why the training process stops, as it reports it to its parent. */
export const RunFailure = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('not running') }),
  z.object({ kind: z.literal('data'), message: z.string() }),
  z.object({ kind: z.literal('unavailable'), dependency: z.enum(DEPENDENCIES), outage: z.enum(OUTAGES) }),
  z.object({ kind: z.literal('other'), message: z.string() }),
]);
export type RunFailure = z.infer<typeof RunFailure>;

/**
 * Runs the training process until it ends.
 * @throws JobNotRunningError, TrainingDataError, UnavailableError as the process reported it
 * @throws TrainingProcessError if it ended in any other way than with exit code 0
 */
async function runProcess(runId: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const child = fork(TRAIN_RUN, [runId], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let failure: RunFailure | undefined;
  child.on('message', (message) => {
    failure = RunFailure.safeParse(message).data ?? failure;
  });
  let deadline: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killedBy) => {
        if (code === 0 && failure === undefined) resolve();
        else reject(errorOf(runId, failure, killedBy ?? `exit code ${code}`));
      });
    });
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(deadline);
  }
}

function errorOf(runId: string, failure: RunFailure | undefined, end: string): Error {
  switch (failure?.kind) {
    case 'not running':
      return new JobNotRunningError(runId);
    case 'data':
      return new TrainingDataError(failure.message);
    case 'unavailable':
      return new UnavailableError(failure.dependency, failure.outage);
    default: {
      const detail = failure ? ` (${failure.message})` : '';
      return new TrainingProcessError(
        `The training process ended with ${end}${detail}. The worker's log has the details.`,
      );
    }
  }
}
