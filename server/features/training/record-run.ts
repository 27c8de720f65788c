import { randomInt } from 'node:crypto';
import type { Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { enqueue } from '../../jobs/queue.js';
import { type Actor, AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { runRelations, type TrainingRunRow } from './load-runs.js';
import type { TrainingParameters } from './parameters.js';

/** Seeds are from 0 to this. */
export const LARGEST_SEED = 2 ** 31 - 1;

/** A run that has been checked and may be started. */
export interface NewRun {
  model: { id: string; name: string };
  datasetSnapshotId: string;
  positiveLabel: string;
  /** The whole recipe. */
  parameters: TrainingParameters;
  /** Default: drawn. */
  seed: number | null;
  /** The checks that found a WARNING in the snapshot, all of them acknowledged. */
  acknowledgedFindings: string[];
  createdById: string | null;
}

/** Records a QUEUED run with its job. */
export async function recordRun(
  tx: Transaction,
  actor: Actor,
  { model, seed, acknowledgedFindings, ...given }: NewRun,
): Promise<TrainingRunRow> {
  const run = await tx.trainingRun.create({
    data: {
      id: newId('run'),
      status: 'QUEUED',
      modelId: model.id,
      seed: seed ?? randomInt(LARGEST_SEED + 1),
      acknowledgedFindings,
      ...given,
    },
    include: runRelations,
  });
  await enqueue(tx, 'train', { trainingRunId: run.id });
  const despite = acknowledgedFindings.length > 0 ? `, despite ${acknowledgedFindings.join(', ')}` : '';
  await recordAuditEvent(tx, actor, {
    action: AuditAction.TRAINING_STARTED,
    entityId: run.id,
    detail: `${model.name} on ${run.datasetSnapshotId}, seed ${run.seed}${despite}`,
  });
  await publish(tx, { type: 'training-run-changed', id: run.id });
  return run;
}
