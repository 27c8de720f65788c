import { authorise, may } from '../../../api/authorise.js';
import type { RequestContext, Viewer } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { AuditAction, type AuditEntry } from '../../audit/record-audit-event.js';
import { changeAlias, type LastChange, lastChange } from './change-alias.js';
import { approvalGate } from './gates/approval-gate.js';
import { type GateCheck, refuseFailedGates } from './gates/check-gates.js';
import type { PromotionView } from './load-promotions.js';
import { promoteModelVersion } from './promote-model-version.js';
import type { RetireModelVersionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];
const SUCCESSOR = ['input', 'successorId'];

/**
 * Removes an alias from the version that has it. With a successor, that version is promoted through its gates in the same
 * transaction. A champion without a successor is retired only by an ADMIN, after a second person's approval if the policy requires
 * one, because the model then does not answer.
 */
export async function retireModelVersion(
  context: RequestContext,
  input: RetireModelVersionInput,
): Promise<{ promotion: PromotionView }> {
  const viewer = authorise(context, 'promote models');
  const { alias, successorId } = input;
  const reason = validReason(input.reason);
  const { version, model } = await readyModelVersion(context, input.modelVersionId, 'be retired');
  const before = await lastChange(context.database, model.id, alias);
  if (before?.versionId !== version.id) {
    const message = `Version ${version.version} of ${model.name} is not the ${alias.toLowerCase()}.`;
    throw userError(UserErrorCode.CONFLICT, message, FIELD);
  }
  const audit = {
    action: AuditAction.MODEL_VERSION_RETIRED,
    entityId: version.id,
    detail: `${model.name} version ${version.version} is no longer the ${alias.toLowerCase()}: ${reason}`,
  };
  if (successorId) {
    return replace(context, { model, alias, reason, successorId, before, audit });
  }

  const { results, approval } =
    alias === ModelAlias.CHAMPION
      ? await checkRetirement(context, viewer, version.id)
      : { results: [], approval: null };
  const change = {
    kind: 'RETIREMENT' as const,
    alias,
    model,
    before,
    toVersionId: null,
    reason,
    requestedById: viewer.id,
    gateResults: results,
    approval,
  };
  return { promotion: await changeAlias(context, change, { audit: [audit], field: FIELD }) };
}

async function replace(
  context: RequestContext,
  {
    model,
    alias,
    reason,
    successorId,
    before,
    audit,
  }: {
    model: { id: string; name: string };
    alias: ModelAlias;
    reason: string;
    successorId: string;
    before: LastChange;
    audit: AuditEntry;
  },
): Promise<{ promotion: PromotionView }> {
  const { version } = await readyModelVersion(context, successorId, 'be a successor', SUCCESSOR);
  if (version.modelId !== model.id) {
    throw userError(UserErrorCode.INVALID, `The successor must be a version of ${model.name}.`, SUCCESSOR);
  }
  const input = { modelVersionId: successorId, alias, reason };
  return promoteModelVersion(context, input, { before, audit, field: SUCCESSOR });
}

/** Checks the requirements for retiring a champion without a successor. No one may override them. */
async function checkRetirement(
  context: RequestContext,
  viewer: Viewer,
  versionId: string,
): Promise<GateCheck> {
  if (!may(viewer, 'override gates')) {
    throw userError(
      UserErrorCode.FORBIDDEN,
      'Only an administrator may leave a model without a champion. Name a successor, roll back to the previous champion, or ask an administrator.',
      SUCCESSOR,
    );
  }
  const { database, config } = context;
  const gate = { kind: 'RETIREMENT' as const, versionId, promoterId: viewer.id };
  const check = await approvalGate(database, config.promotionPolicy, gate);
  const action = AuditAction.MODEL_VERSION_RETIRED;
  await refuseFailedGates(context, check.results, { versionId, override: null, action, field: FIELD });
  return check;
}
