import { authorise, may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ModelAlias } from '../../database/generated/enums.js';
import { isId } from '../../database/ids.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { changeAlias, versionInPart } from './change-alias.js';
import { lockModel } from './find-or-create-model.js';
import { passGates } from './gates.js';
import type { PromotionView } from './promotions.js';
import { validReason } from './reason.js';
import type { PromoteModelVersionInput } from './types.js';

/**
 * Lets a version play a part. A champion is verified, loaded and warm on this server before anything changes, and
 * answers here when this returns; other servers follow by themselves, each when it has loaded it.
 */
export async function promoteModelVersion(
  context: RequestContext,
  input: PromoteModelVersionInput,
): Promise<{ promotion: PromotionView }> {
  const viewer = authorise(context, 'promote models');
  const override = input.overrideGates ?? false;
  if (override && !may(viewer, 'override gates')) {
    throw userError(UserErrorCode.FORBIDDEN, 'Only an ADMIN may override gates: ask one to promote it.', [
      'input',
      'overrideGates',
    ]);
  }

  const { alias } = input;
  const reason = validReason(input.reason);
  const { model, ...version } = await readyVersion(context, input.modelVersionId);
  const before = await versionInPart(context.database, model.id, alias);
  await refuseWhatIsSo(context, { version, model, alias, before });

  const candidate = {
    id: version.id,
    modelName: model.name,
    version: version.version,
    digest: version.digest,
  };
  const { gateResults, overridden } = await passGates(context, {
    candidate,
    alias,
    override,
    action: 'MODEL_VERSION_PROMOTED',
    field: ['input', 'modelVersionId'],
  });

  const promotion = await context.database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const fromVersionId = await versionInPart(tx, model.id, alias);
    if (fromVersionId !== before) {
      throw userError(
        UserErrorCode.CONFLICT,
        `Somebody else changed the ${alias} of ${model.name} in the meantime. Look at it, and promote again if it still should be.`,
      );
    }
    const promotion = await changeAlias(tx, {
      kind: 'PROMOTION',
      alias,
      model,
      fromVersionId,
      toVersionId: version.id,
      reason,
      requestedById: viewer.id,
      gateResults,
    });
    await recordAuditEvent(tx, context, {
      action: 'MODEL_VERSION_PROMOTED',
      entityId: version.id,
      detail: [
        `${model.name} version ${version.version} became ${alias}: ${reason}`,
        ...overridden.map(({ gate, message }) => `Overrode the gate '${gate}': ${message}`),
      ].join('\n'),
    });
    return promotion;
  });

  await context.served.refresh();
  return { promotion };
}

async function readyVersion({ database }: RequestContext, id: string) {
  const field = ['input', 'modelVersionId'];
  const version = isId('mver', id)
    ? await database.modelVersion.findUnique({
        where: { id },
        select: {
          id: true,
          version: true,
          status: true,
          digest: true,
          model: { select: { id: true, name: true } },
        },
      })
    : null;
  if (!version) throw userError(UserErrorCode.NOT_FOUND, 'There is no such model version.', field);
  if (version.status !== 'READY') {
    throw userError(
      UserErrorCode.INVALID,
      `Only a READY version can play a part; this one is ${version.status}.`,
      field,
    );
  }
  return version;
}

async function refuseWhatIsSo(
  { database }: RequestContext,
  {
    version,
    model,
    alias,
    before,
  }: {
    version: { id: string; version: number };
    model: { id: string; name: string };
    alias: ModelAlias;
    before: string | null;
  },
): Promise<void> {
  const field = ['input', 'modelVersionId'];
  const name = `Version ${version.version} of ${model.name}`;
  if (before === version.id) {
    throw userError(UserErrorCode.CONFLICT, `${name} is the ${alias} already.`, field);
  }
  if (alias === ModelAlias.CHALLENGER) {
    const champion = await versionInPart(database, model.id, ModelAlias.CHAMPION);
    if (champion === version.id) {
      throw userError(
        UserErrorCode.CONFLICT,
        `${name} is the CHAMPION: a challenger is another version.`,
        field,
      );
    }
  }
}
