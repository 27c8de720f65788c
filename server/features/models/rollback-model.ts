import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { ModelAlias } from '../../database/generated/enums.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { changeAlias, versionInPart } from './change-alias.js';
import { lockModel } from './find-or-create-model.js';
import { passGates } from './gates.js';
import { modelNameProblem } from './model-name.js';
import { previousChampion } from './previous-champion.js';
import type { PromotionView } from './promotions.js';
import { validReason } from './reason.js';
import type { RollbackModelInput } from './types.js';

/**
 * Makes the version that was champion before the present one answer again: in one step, but not before it is verified,
 * loaded and warm on this server. It answers here when this returns.
 */
export async function rollbackModel(
  context: RequestContext,
  input: RollbackModelInput,
): Promise<{ promotion: PromotionView }> {
  const viewer = authorise(context, 'promote models');
  const { database, served } = context;
  const alias = ModelAlias.CHAMPION;
  const field = ['input', 'modelName'];

  const reason = validReason(input.reason);
  const model = modelNameProblem(input.modelName)
    ? null
    : await database.model.findUnique({ where: { name: input.modelName } });
  if (!model) throw userError(UserErrorCode.NOT_FOUND, `There is no model '${input.modelName}'.`, field);
  const before = await versionInPart(database, model.id, alias);
  const previousId = await previousChampionOf(database, model.id);
  if (!before || !previousId) {
    throw userError(
      UserErrorCode.CONFLICT,
      `${model.name} had no other champion before: there is nothing to roll back to.`,
      field,
    );
  }

  const previous = await database.modelVersion.findUniqueOrThrow({
    where: { id: previousId },
    select: { version: true, digest: true, status: true },
  });
  const { version, digest, status } = previous;
  if (status !== 'READY') {
    throw userError(
      UserErrorCode.CONFLICT,
      `Version ${version}, the champion before, is ${status}: promote a READY version instead.`,
      field,
    );
  }
  const { gateResults } = await passGates(context, {
    candidate: { id: previousId, modelName: model.name, version, digest },
    alias,
    override: true,
    action: 'MODEL_ROLLED_BACK',
    field,
  });

  const promotion = await database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const fromVersionId = await versionInPart(tx, model.id, alias);
    if (fromVersionId !== before) {
      throw userError(
        UserErrorCode.CONFLICT,
        `Somebody else changed the champion of ${model.name} in the meantime. Look at it, and roll back if it still should be.`,
        field,
      );
    }
    const promotion = await changeAlias(tx, {
      kind: 'ROLLBACK',
      alias,
      model,
      fromVersionId,
      toVersionId: previousId,
      reason,
      requestedById: viewer.id,
      gateResults,
    });
    await recordAuditEvent(tx, context, {
      action: 'MODEL_ROLLED_BACK',
      entityId: model.id,
      detail: `${model.name} went back to version ${version}: ${reason}`,
    });
    return promotion;
  });

  await served.refresh();
  return { promotion };
}

async function previousChampionOf(database: DatabaseOrTransaction, modelId: string): Promise<string | null> {
  const history = await database.promotion.findMany({
    where: { modelId, alias: ModelAlias.CHAMPION },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], // the database's clock: servers' clocks, and so ids, differ
    select: { kind: true, toVersionId: true },
  });
  return previousChampion(history);
}
