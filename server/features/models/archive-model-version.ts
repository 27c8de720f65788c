import { authorise } from '../../api/authorise.js';
import { batched, forgetBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { lockModel } from './find-or-create-model.js';
import { loadModelVersions, type ModelVersionRow } from './load-models.js';
import { loadReplicasOfModels } from './replicas/load-replicas.js';
import { readyModelVersion } from './promotions/ready-model-version.js';
import { validReason } from './reason.js';
import type { ArchiveModelVersionInput } from './types.js';

/** Archives a version permanently: it no longer answers requests, not even by its id. Its earlier predictions are kept. */
export async function archiveModelVersion(
  context: RequestContext,
  input: ArchiveModelVersionInput,
): Promise<{ modelVersion: ModelVersionRow | null }> {
  authorise(context, 'promote models');
  const reason = validReason(input.reason);
  const { version, model } = await readyModelVersion(context, input.modelVersionId, 'be archived');
  const { id } = version;
  await context.database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const assignment = await tx.modelAliasAssignment.findUnique({ where: { modelVersionId: id } });
    if (assignment) {
      throw userError(
        UserErrorCode.CONFLICT,
        `Version ${version.version} of ${model.name} is the ${assignment.alias.toLowerCase()}. Promote another version or retire it first.`,
        ['input', 'modelVersionId'],
      );
    }
    await refuseWhileServing(tx, model.id, version);
    await tx.modelVersion.update({ where: { id }, data: { status: 'ARCHIVED' } });
    await recordAuditEvent(tx, context, {
      action: 'MODEL_VERSION_ARCHIVED',
      entityId: id,
      detail: `${model.name} version ${version.version}: ${reason}`,
    });
  });
  forgetBatches(context);
  return { modelVersion: await batched(context, loadModelVersions).load(id) };
}

/** If the champion fails to load on a replica, the previous version continues to answer there, and must not be archived. */
async function refuseWhileServing(
  tx: Transaction,
  modelId: string,
  { id, version }: ModelVersionRow,
): Promise<void> {
  const replicas = (await loadReplicasOfModels(tx, [modelId])).get(modelId) ?? [];
  const replica = replicas.find(({ servedVersionId, error }) => servedVersionId === id && error !== null);
  if (!replica) return;
  throw userError(
    UserErrorCode.CONFLICT,
    `Version ${version} still answers on ${replica.name}, because the champion does not load there: ${replica.error}`,
    ['input', 'modelVersionId'],
  );
}
