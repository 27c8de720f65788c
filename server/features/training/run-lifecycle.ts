import type { Database, Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { publish } from '../../database/events.js';
import type { Prisma } from '../../database/generated/client.js';
import { TrainingParameters } from './parameters.js';

/** What the training process needs to know of the run that it carries out. */
export interface StartedRun {
  id: string;
  modelId: string;
  modelName: string;
  datasetSnapshotId: string;
  positiveLabel: string;
  parameters: TrainingParameters;
  seed: number;
  createdById: string | null;
}

/** One epoch's figures: mean losses per image, AUC over the validation images, duration in seconds. */
export interface EpochFigures {
  epoch: number;
  loss: number;
  validationLoss: number;
  validationAuc: number;
  seconds: number;
}

/** The run has been cancelled, or has ended otherwise: what was about to be written for it must not be. */
export class RunNotRunningError extends Error {
  constructor(readonly runId: string) {
    super(`Training run ${runId} is not running any more.`);
    this.name = 'RunNotRunningError';
  }
}

/**
 * Takes a run up: QUEUED → RUNNING; a RUNNING one (its process died) is taken up again. Null when there is nothing to
 * do: it has ended, is gone, or was cancelled while nobody carried it out, which is recorded here.
 */
export async function markRunStarted(database: Database, runId: string): Promise<StartedRun | null> {
  return database.$transaction(async (tx) => {
    const now = await databaseTime(tx);
    await changeRun(
      tx,
      { id: runId, status: 'RUNNING', cancelRequestedAt: { not: null } },
      { status: 'CANCELLED', finishedAt: now },
    );
    await changeRun(tx, { id: runId, status: 'QUEUED' }, { status: 'RUNNING', startedAt: now });
    const run = await tx.trainingRun.findFirst({
      where: { id: runId, status: 'RUNNING' },
      include: { model: { select: { name: true } } },
    });
    if (!run) return null;
    const { id, modelId, model, datasetSnapshotId, positiveLabel, seed, createdById } = run;
    const parameters = TrainingParameters.parse(run.parameters);
    return {
      id,
      modelId,
      modelName: model.name,
      datasetSnapshotId,
      positiveLabel,
      parameters,
      seed,
      createdById,
    };
  });
}

/** Records how far the run is, 0 to 1, and tells those who watch it. */
export async function recordRunProgress(database: Database, runId: string, progress: number): Promise<void> {
  await database.$transaction((tx) => changeRun(tx, { id: runId, status: 'RUNNING' }, { progress }));
}

/** Records an epoch (again, where a resumed run repeats it) and how far the run is, 0 to 1. */
export async function recordEpoch(
  database: Database,
  runId: string,
  { epoch, ...figures }: EpochFigures,
  progress: number,
): Promise<void> {
  await database.$transaction(async (tx) => {
    await tx.trainingEpoch.upsert({
      where: { trainingRunId_epoch: { trainingRunId: runId, epoch } },
      create: { trainingRunId: runId, epoch, ...figures },
      update: figures,
    });
    await changeRun(tx, { id: runId, status: 'RUNNING' }, { progress });
  });
}

/** Whether somebody has asked for the run to stop (or it is not running at all any more). */
export async function isCancelRequested(database: Database, runId: string): Promise<boolean> {
  const run = await database.trainingRun.findUnique({
    where: { id: runId },
    select: { status: true, cancelRequestedAt: true },
  });
  return run?.status !== 'RUNNING' || run.cancelRequestedAt !== null;
}

/** Ends a run that stopped because it was asked to. */
export async function markRunCancelled(database: Database, runId: string): Promise<void> {
  await database.$transaction(async (tx) => {
    const finishedAt = await databaseTime(tx);
    await changeRun(tx, { id: runId, status: 'RUNNING' }, { status: 'CANCELLED', finishedAt });
  });
}

/** Ends a run for good; `error` is a sentence for the person who started it. */
export async function markRunFailed(database: Database, runId: string, error: string): Promise<void> {
  await database.$transaction(async (tx) => {
    const finishedAt = await databaseTime(tx);
    await changeRun(
      tx,
      { id: runId, status: { in: ['QUEUED', 'RUNNING'] } },
      { status: 'FAILED', error, finishedAt },
    );
  });
}

/**
 * Ends a run whose version is registered in the same transaction. Throws {@link RunNotRunningError}, which undoes the
 * registration, when the run was cancelled meanwhile: then record that with {@link markRunCancelled}.
 */
export async function markRunSucceeded(tx: Transaction, runId: string): Promise<void> {
  const changed = await changeRun(
    tx,
    { id: runId, status: 'RUNNING', cancelRequestedAt: null },
    { status: 'SUCCEEDED', progress: 1, finishedAt: await databaseTime(tx) },
  );
  if (!changed) throw new RunNotRunningError(runId);
}

/** Changes the run if it is (still) as `where` says, and then tells those who watch it. */
export async function changeRun(
  tx: Transaction,
  where: Prisma.TrainingRunWhereInput & { id: string },
  data: Prisma.TrainingRunUpdateManyMutationInput,
): Promise<boolean> {
  const { count } = await tx.trainingRun.updateMany({ where, data });
  if (count === 0) return false;
  await publish(tx, { type: 'training-run-changed', id: where.id });
  return true;
}
