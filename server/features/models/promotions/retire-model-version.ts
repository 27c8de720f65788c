import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { AuditAction } from '../../audit/record-audit-event.js';
import { changeAlias, lastChange } from './change-alias.js';
import type { PromotionView } from './load-promotions.js';
import type { RetireModelVersionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];

/** Removes an alias from the version that has it. A model without a champion does not answer. */
export async function retireModelVersion(
  context: RequestContext,
  input: RetireModelVersionInput,
): Promise<{ promotion: PromotionView }> {
  const viewer = authorise(context, 'promote models');
  const { alias } = input;
  const reason = validReason(input.reason);
  const { version, model } = await readyModelVersion(context, input.modelVersionId, 'be retired');
  const before = await lastChange(context.database, model.id, alias);
  if (before?.versionId !== version.id) {
    const message = `Version ${version.version} of ${model.name} is not the ${alias.toLowerCase()}.`;
    throw userError(UserErrorCode.CONFLICT, message, FIELD);
  }
  const change = {
    kind: 'RETIREMENT' as const,
    alias,
    model,
    before,
    toVersionId: null,
    reason,
    requestedById: viewer.id,
    gateResults: [],
  };
  const audit = {
    action: AuditAction.MODEL_VERSION_RETIRED,
    entityId: version.id,
    detail: `${model.name} version ${version.version} is no longer the ${alias.toLowerCase()}: ${reason}`,
  };
  return { promotion: await changeAlias(context, change, { audit, field: FIELD }) };
}
