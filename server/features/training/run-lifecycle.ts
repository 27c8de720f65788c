import type { Database, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { type JobTable, markSucceeded, startJob } from '../../jobs/job-table.js';
import { TrainingParameters } from './parameters.js';

/** What the training process needs to know about its run. */
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

export const trainingRuns: JobTable = {
  name: 'TrainingRun',
  changeEvent: 'training-run-changed',
};

/** Marks a run RUNNING. Returns null if there is nothing to do: it has ended or was cancelled. */
export async function startRun(database: Database, id: string): Promise<StartedRun | null> {
  if (!(await startJob(database, trainingRuns, id))) return null;
  const run = await database.trainingRun.findUniqueOrThrow({
    where: { id },
    include: { model: { select: { name: true } } },
  });
  const { modelId, model, datasetSnapshotId, positiveLabel, seed, createdById } = run;
  return {
    id,
    modelId,
    modelName: model.name,
    datasetSnapshotId,
    positiveLabel,
    parameters: TrainingParameters.parse(run.parameters),
    seed,
    createdById,
  };
}

/** The number of epochs that a run has recorded, over all its members. */
export async function countEpochs(database: Database, trainingRunId: string): Promise<number> {
  return database.trainingEpoch.count({ where: { trainingRunId } });
}

/** Records the progress of a run, from 0 to 1, and notifies its subscribers. */
export async function recordRunProgress(database: Database, runId: string, progress: number): Promise<void> {
  await database.$transaction((tx) => changeProgress(tx, runId, progress));
}

/** Records an epoch and the progress of the run, from 0 to 1. A resumed run may record the same epoch again. */
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
    await changeProgress(tx, runId, progress);
  });
}

/** Whether the run was asked to stop, or is not RUNNING any more. */
export async function isCancelRequested(database: Database, runId: string): Promise<boolean> {
  const run = await database.trainingRun.findUnique({
    where: { id: runId },
    select: { status: true, cancelRequestedAt: true },
  });
  return run?.status !== 'RUNNING' || run.cancelRequestedAt !== null;
}

async function changeProgress(tx: Transaction, id: string, progress: number): Promise<void> {
  const { count } = await tx.trainingRun.updateMany({ where: { id, status: 'RUNNING' }, data: { progress } });
  if (count > 0) await publish(tx, { type: trainingRuns.changeEvent, id });
}

/**
 * Marks a run SUCCEEDED, in the transaction that registers its version.
 * @throws JobNotRunningError if the run was cancelled: nothing is registered then
 */
export async function recordRunSucceeded(tx: Transaction, id: string): Promise<void> {
  await tx.trainingRun.updateMany({ where: { id, status: 'RUNNING' }, data: { progress: 1 } });
  await markSucceeded(tx, trainingRuns, id);
}
