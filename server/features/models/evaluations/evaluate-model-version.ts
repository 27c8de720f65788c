import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { newId } from '../../../database/ids.js';
import { enqueue } from '../../../jobs/queue.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { findDatasetSnapshot } from '../../datasets/find-dataset-snapshot.js';
import { loadLabelCounts, type SnapshotRow } from '../../datasets/load-snapshots.js';
import { evaluationOf, type EvaluationView } from './load-evaluations.js';
import { lockModel } from '../find-or-create-model.js';
import { labelMappingProblem } from './label-mapping.js';
import { loadManifests } from '../load-models.js';
import { readyModelVersion } from '../promotions/ready-model-version.js';
import { overlapWithTraining } from './training-overlap.js';
import type { EvaluateModelVersionInput } from '../types.js';

const SNAPSHOT_FIELD = ['input', 'datasetSnapshotId'];

/**
 * Records an evaluation of a READY version on a READY snapshot, QUEUED for the next free worker. Throws a user error CONFLICT,
 * with the counts, if images or patients of the snapshot were in the version's training data.
 */
export async function evaluateModelVersion(
  context: RequestContext,
  input: EvaluateModelVersionInput,
): Promise<{ evaluation: EvaluationView }> {
  authorise(context, 'evaluate models');
  const { version } = await readyModelVersion(context, input.modelVersionId, 'be evaluated');
  const snapshot = await readySnapshot(context, input.datasetSnapshotId);

  const labelCounts = (await batched(context, loadLabelCounts).load(snapshot.id)) ?? [];
  const labels = labelCounts.map(({ label }) => label);
  const labelProblem = labelMappingProblem(version.classes, labels);
  if (labelProblem) throw userError(UserErrorCode.INVALID, labelProblem, SNAPSHOT_FIELD);

  const manifest = await batched(context, loadManifests).load(version.id);
  if (!manifest) throw new Error(`${version.id} has no manifest.`);
  const overlap = await overlapWithTraining(context.database, manifest, snapshot);
  if (overlap.isContaminated) throw userError(UserErrorCode.CONFLICT, overlap.sentence, SNAPSHOT_FIELD);

  const evaluation = await context.database.$transaction(async (tx) => {
    await lockModel(tx, version.modelId);
    const pair = { modelVersionId: version.id, datasetSnapshotId: snapshot.id };
    const underWay = await tx.evaluation.findFirst({
      where: { ...pair, status: { in: ['QUEUED', 'RUNNING'] } },
    });
    if (underWay) {
      const message = `This evaluation is already ${underWay.status.toLowerCase()}. Wait for ${underWay.id}.`;
      throw userError(UserErrorCode.CONFLICT, message);
    }
    const evaluation = await tx.evaluation.create({
      data: { id: newId('eval'), status: 'QUEUED', ...pair, overlap: overlap.sentence },
    });
    await enqueue(tx, 'evaluate', { evaluationId: evaluation.id });
    await recordAuditEvent(tx, context, {
      action: AuditAction.MODEL_EVALUATION_STARTED,
      entityId: evaluation.id,
      detail: `${version.id} on ${snapshot.name} version ${snapshot.version}. ${overlap.sentence}`,
    });
    return evaluation;
  });
  return { evaluation: evaluationOf(evaluation) };
}

async function readySnapshot(context: RequestContext, id: string): Promise<SnapshotRow> {
  const snapshot = await findDatasetSnapshot(context, id);
  if (!snapshot) {
    const message = 'There is no such snapshot. The query datasetSnapshots lists all snapshots.';
    throw userError(UserErrorCode.NOT_FOUND, message, SNAPSHOT_FIELD);
  }
  if (snapshot.status === 'READY') return snapshot;
  const message = `The snapshot is ${snapshot.status.toLowerCase()}. Versions can only be evaluated on ready snapshots. The snapshot's findings give the reason.`;
  throw userError(UserErrorCode.CONFLICT, message, SNAPSHOT_FIELD);
}
