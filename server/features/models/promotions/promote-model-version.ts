import { authorise, may } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { AuditAction } from '../../audit/record-audit-event.js';
import { changeAlias, lastChange } from './change-alias.js';
import { checkGates, failedGates, refuseFailedGates } from './gates/check-gates.js';
import type { PromotionView } from './load-promotions.js';
import type { PromoteModelVersionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];

/**
 * Promotes a version to an alias. A new champion is verified, loaded and warmed up on this server before anything changes, and
 * answers here when this returns. Other servers follow automatically, each as soon as it has loaded the version.
 */
export async function promoteModelVersion(
  context: RequestContext,
  input: PromoteModelVersionInput,
): Promise<{ promotion: PromotionView }> {
  const viewer = authorise(context, 'promote models');
  const override = input.overrideGates ?? false;
  if (override && !may(viewer, 'override gates')) {
    throw userError(
      UserErrorCode.FORBIDDEN,
      'Only an administrator may override gates. Ask an administrator to promote the version.',
      ['input', 'overrideGates'],
    );
  }

  const { alias } = input;
  const reason = validReason(input.reason);
  const { version, model } = await readyModelVersion(context, input.modelVersionId, 'be promoted');
  const before = await lastChange(context.database, model.id, alias);
  const champion = await lastChange(context.database, model.id, ModelAlias.CHAMPION);
  refuseIfUnchanged(`Version ${version.version} of ${model.name}`, version.id, { alias, before, champion });

  const { results, approval } = await checkGates(context, {
    candidate: { ...version, model },
    alias,
    championId: champion?.versionId ?? null,
    promoterId: viewer.id,
  });
  const action = AuditAction.MODEL_VERSION_PROMOTED;
  await refuseFailedGates(context, results, { versionId: version.id, override, action, field: FIELD });

  const change = {
    kind: 'PROMOTION' as const,
    alias,
    model,
    before,
    toVersionId: version.id,
    reason,
    requestedById: viewer.id,
    gateResults: results,
    approval,
  };
  const detail = [
    `${model.name} version ${version.version} became ${alias.toLowerCase()}: ${reason}`,
    ...failedGates(results).map(({ gate, message }) => `Overrode the gate '${gate}': ${message}`),
  ].join('\n');
  const audit = { action, entityId: version.id, detail };
  return { promotion: await changeAlias(context, change, { audit, field: FIELD }) };
}

function refuseIfUnchanged(
  name: string,
  versionId: string,
  {
    alias,
    before,
    champion,
  }: Record<'before' | 'champion', { versionId: string | null } | null> & { alias: ModelAlias },
): void {
  if (before?.versionId === versionId) {
    throw userError(UserErrorCode.CONFLICT, `${name} is already the ${alias.toLowerCase()}.`, FIELD);
  }
  if (alias === ModelAlias.CHALLENGER && champion?.versionId === versionId) {
    const message = `${name} is the champion. The challenger must be another version.`;
    throw userError(UserErrorCode.CONFLICT, message, FIELD);
  }
}
