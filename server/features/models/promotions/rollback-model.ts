import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Database } from '../../../database/client.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { AuditAction } from '../../audit/record-audit-event.js';
import { changeAlias, lastChange } from './change-alias.js';
import { artifactGates } from './gates/artifact-gates.js';
import { refuseFailedGates } from './gates/check-gates.js';
import { findModelByName } from '../list-models.js';
import { previousChampion } from './previous-champion.js';
import type { PromotionView } from './load-promotions.js';
import type { RollbackModelInput } from './types.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelName'];

/**
 * Makes the previous champion the champion again, after it was verified, loaded and warmed up on this server. It answers here
 * when this returns. The promotion policy is not checked: the version passed it when it was promoted, and rollbacks are urgent.
 */
export async function rollbackModel(
  context: RequestContext,
  input: RollbackModelInput,
): Promise<{ promotion: PromotionView }> {
  const viewer = authorise(context, 'promote models');
  const { database } = context;
  const alias = ModelAlias.CHAMPION;

  const reason = validReason(input.reason);
  const model = await findModelByName(context, input.modelName);
  if (!model) throw userError(UserErrorCode.NOT_FOUND, `There is no model '${input.modelName}'.`, FIELD);
  const before = await lastChange(database, model.id, alias);
  const previousId = await previousChampionOf(database, model.id);
  if (!before?.versionId || !previousId) {
    throw userError(
      UserErrorCode.CONFLICT,
      before && !before.versionId
        ? `${model.name} has no champion now. Promote a version instead.`
        : `${model.name} has had no other champion, so there is no version to roll back to.`,
      FIELD,
    );
  }

  const previous = await database.modelVersion.findUniqueOrThrow({
    where: { id: previousId },
    select: { id: true, version: true, digest: true, status: true },
  });
  const { version, status } = previous;
  if (status !== 'READY') {
    throw userError(
      UserErrorCode.CONFLICT,
      `Version ${version}, the previous champion, is ${status.toLowerCase()}. Promote a ready version instead.`,
      FIELD,
    );
  }
  const { results } = await artifactGates(context, { ...previous, model });
  const action = AuditAction.MODEL_ROLLED_BACK;
  await refuseFailedGates(context, results, { versionId: previousId, override: false, action, field: FIELD });

  const change = {
    kind: 'ROLLBACK' as const,
    alias,
    model,
    before,
    toVersionId: previousId,
    reason,
    requestedById: viewer.id,
    gateResults: results,
  };
  const detail = `${model.name} was rolled back to version ${version}: ${reason}`;
  const audit = { action, entityId: model.id, detail };
  return { promotion: await changeAlias(context, change, { audit, field: FIELD }) };
}

async function previousChampionOf(database: Database, modelId: string): Promise<string | null> {
  const history = await database.promotion.findMany({
    where: { modelId, alias: ModelAlias.CHAMPION },
    orderBy: { createdAt: 'asc' },
    select: { kind: true, toVersionId: true },
  });
  return previousChampion(history);
}
