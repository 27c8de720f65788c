import { authorise, may } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { AuditAction, type AuditEntry } from '../../audit/record-audit-event.js';
import { changeAlias, type LastChange, lastChange } from './change-alias.js';
import { checkGates, failedGates, refuseFailedGates } from './gates/check-gates.js';
import type { PromotionView } from './load-promotions.js';
import type { PromoteModelVersionInput } from './types.js';
import { readyModelVersion } from './ready-model-version.js';
import { validReason } from '../reason.js';

const FIELD = ['input', 'modelVersionId'];

/** The retirement of a version whose successor is promoted in the same transaction. */
export interface Replacement {
  /** The alias's newest change, which gave the alias to the retired version. */
  before: LastChange;
  /** The event of the retirement. */
  audit: AuditEntry;
  /** The input field that names the successor. */
  field: string[];
}

/**
 * Promotes a version to an alias. A new champion is verified, loaded and warmed up on this server before anything changes, and
 * answers here when this returns. Other servers follow automatically, each as soon as it has loaded the version.
 * @param replacement for a version that is retired with this one as its successor
 */
export async function promoteModelVersion(
  context: RequestContext,
  input: PromoteModelVersionInput,
  replacement?: Replacement,
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
  const field = replacement?.field ?? FIELD;
  const reason = validReason(input.reason);
  const { version, model } = await readyModelVersion(context, input.modelVersionId, 'be promoted', field);
  const before = replacement?.before ?? (await lastChange(context.database, model.id, alias));
  const champion = await lastChange(context.database, model.id, ModelAlias.CHAMPION);
  refuseIfUnchanged(`Version ${version.version} of ${model.name}`, version.id, {
    alias,
    before,
    champion,
    field,
  });

  const { results, approval } = await checkGates(context, {
    candidate: { ...version, model },
    alias,
    promoterId: viewer.id,
  });
  const action = AuditAction.MODEL_VERSION_PROMOTED;
  await refuseFailedGates(context, results, { versionId: version.id, override, action, field });

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
  const audit = [...(replacement ? [replacement.audit] : []), { action, entityId: version.id, detail }];
  return { promotion: await changeAlias(context, change, { audit, field }) };
}

function refuseIfUnchanged(
  name: string,
  versionId: string,
  {
    alias,
    before,
    champion,
    field,
  }: Record<'before' | 'champion', { versionId: string | null } | null> & {
    alias: ModelAlias;
    field: string[];
  },
): void {
  if (before?.versionId === versionId) {
    throw userError(UserErrorCode.CONFLICT, `${name} is already the ${alias.toLowerCase()}.`, field);
  }
  if (alias === ModelAlias.CHALLENGER && champion?.versionId === versionId) {
    const message = `${name} is the champion. The challenger must be another version.`;
    throw userError(UserErrorCode.CONFLICT, message, field);
  }
}
