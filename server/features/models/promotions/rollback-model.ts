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
import { previousChampions } from './previous-champion.js';
import type { PromotionView } from './load-promotions.js';
import type { RollbackModelInput } from './types.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelName'];

/**
 * Makes the last earlier champion that is READY the champion again, also after a retirement, after it was verified, loaded and warmed up on this server. It answers here
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
  const previous = await lastReadyChampion(database, model);
  const { version } = previous;
  const { results } = await artifactGates(context, { ...previous, model });
  const action = AuditAction.MODEL_ROLLED_BACK;
  await refuseFailedGates(context, results, { versionId: previous.id, override: null, action, field: FIELD });

  const change = {
    kind: 'ROLLBACK' as const,
    alias,
    model,
    before,
    toVersionId: previous.id,
    reason,
    requestedById: viewer.id,
    gateResults: results,
  };
  const detail = `${model.name} was rolled back to version ${version}: ${reason}`;
  const audit = { action, entityId: model.id, detail };
  return { promotion: await changeAlias(context, change, { audit: [audit], field: FIELD }) };
}

/** The earlier champion to return to. Throws a user error CONFLICT if there is none, or none of them is READY. */
async function lastReadyChampion(database: Database, model: { id: string; name: string }) {
  const history = await database.promotion.findMany({
    where: { modelId: model.id, alias: ModelAlias.CHAMPION },
    orderBy: { createdAt: 'asc' },
    select: { kind: true, toVersionId: true },
  });
  const earlier = previousChampions(history);
  const ready = await database.modelVersion.findMany({
    where: { id: { in: earlier }, status: 'READY' },
    select: { id: true, version: true, digest: true },
  });
  const last = ready.sort((a, b) => earlier.indexOf(a.id) - earlier.indexOf(b.id)).at(0);
  if (last) return last;
  throw userError(
    UserErrorCode.CONFLICT,
    earlier.length === 0
      ? `${model.name} has had no other champion, so there is no version to roll back to.`
      : `All earlier champions of ${model.name} are archived. Promote a ready version instead.`,
    FIELD,
  );
}
