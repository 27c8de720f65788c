import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { DatabaseOrTransaction, Transaction } from '../../../database/client.js';
import { publish } from '../../../database/events.js';
import { ModelAlias, type PromotionKind } from '../../../database/generated/enums.js';
import { newId } from '../../../database/ids.js';
import { type AuditEntry, recordAuditEvent } from '../../audit/record-audit-event.js';
import { lockModel } from '../find-or-create-model.js';
import type { GateResult } from './types.js';
import { type PromotionView, promotionOf } from './load-promotions.js';

/** The newest change of who plays a part. */
export interface LastChange {
  promotionId: string;
  /** Who plays it since; null: nobody. */
  versionId: string | null;
}

export interface AliasChange {
  kind: PromotionKind;
  alias: ModelAlias;
  model: { id: string; name: string };
  /** What the change was decided on: null where nobody ever played the part. */
  before: LastChange | null;
  /** null: nobody is to play the part. */
  toVersionId: string | null;
  reason: string;
  requestedById: string;
  gateResults: GateResult[];
  approval?: { id: string; approvedById: string } | null;
}

/** The newest change of who plays a part; null where nobody ever did. */
export async function lastChange(
  database: DatabaseOrTransaction,
  modelId: string,
  alias: ModelAlias,
): Promise<LastChange | null> {
  const promotion = await database.promotion.findFirst({
    where: { modelId, alias },
    orderBy: { createdAt: 'desc' },
    select: { id: true, toVersionId: true },
  });
  return promotion && { promotionId: promotion.id, versionId: promotion.toVersionId };
}

/**
 * Gives a part to another version, or to nobody, in one transaction with its history and the audit event; a new champion
 * answers on this server when this returns. Ends the operation with CONFLICT, at `field`, where somebody changed the part
 * after `change.before` was read.
 */
export async function changeAlias(
  context: RequestContext,
  change: AliasChange,
  { audit, field }: { audit: AuditEntry; field: string[] },
): Promise<PromotionView> {
  const { alias, model, before } = change;
  const promotion = await context.database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const now = await lastChange(tx, model.id, alias);
    if (now?.promotionId !== before?.promotionId) {
      throw userError(
        UserErrorCode.CONFLICT,
        `Somebody else changed the ${alias} of ${model.name} in the meantime. Look at it, and decide again.`,
        field,
      );
    }
    if (change.toVersionId !== null) await refuseUnfit(tx, change.toVersionId, { alias, field });
    const promotion = await recordAliasChange(tx, change);
    await recordAuditEvent(tx, context, audit);
    return promotion;
  });
  await context.served.refresh(model.name);
  return promotion;
}

/** What was so when the operation began, and which the keys of the tables would refuse without a word for its caller. */
async function refuseUnfit(
  tx: Transaction,
  versionId: string,
  { alias, field }: { alias: ModelAlias; field: string[] },
): Promise<void> {
  const { version, status, aliases } = await tx.modelVersion.findUniqueOrThrow({
    where: { id: versionId },
    select: { version: true, status: true, aliases: { select: { alias: true } } },
  });
  const isChampion = aliases.some((assignment) => assignment.alias === ModelAlias.CHAMPION);
  if (status === 'READY' && !(isChampion && alias === ModelAlias.CHALLENGER)) return;
  const now = status === 'READY' ? 'the CHAMPION' : status;
  throw userError(
    UserErrorCode.CONFLICT,
    `Version ${version} has become ${now} in the meantime. Look at it, and decide again.`,
    field,
  );
}

/** As {@link changeAlias}, in a transaction that holds the model's lock, and without the audit event. */
export async function recordAliasChange(tx: Transaction, change: AliasChange): Promise<PromotionView> {
  const { alias, model, toVersionId } = change;
  if (alias === ModelAlias.CHAMPION && toVersionId !== null) await retireChallenger(tx, change, toVersionId);
  await assign(tx, change);
  const promotion = await append(tx, change);
  if (alias === ModelAlias.CHAMPION) await publish(tx, { type: 'champion-changed', modelName: model.name });
  return promotionOf(promotion);
}

/** A challenger that becomes the champion has nobody left to shadow. */
async function retireChallenger(tx: Transaction, change: AliasChange, versionId: string): Promise<void> {
  const before = await lastChange(tx, change.model.id, ModelAlias.CHALLENGER);
  if (before?.versionId !== versionId) return;
  await recordAliasChange(tx, {
    ...change,
    kind: 'RETIREMENT',
    alias: ModelAlias.CHALLENGER,
    before,
    toVersionId: null,
    reason: 'It became the champion.',
    gateResults: [],
    approval: null,
  });
}

async function assign(tx: Transaction, { alias, model, toVersionId }: AliasChange): Promise<void> {
  const part = { modelId: model.id, alias };
  if (toVersionId === null) {
    await tx.modelAliasAssignment.delete({ where: { modelId_alias: part } });
    return;
  }
  await tx.modelAliasAssignment.upsert({
    where: { modelId_alias: part },
    create: { ...part, modelVersionId: toVersionId },
    update: { modelVersionId: toVersionId },
  });
}

async function append(tx: Transaction, change: AliasChange) {
  const { kind, alias, model, before, toVersionId, reason, requestedById, gateResults, approval } = change;
  return tx.promotion.create({
    data: {
      id: newId('prom'),
      kind,
      alias,
      modelId: model.id,
      fromVersionId: before?.versionId ?? null,
      toVersionId,
      reason,
      requestedById,
      approvalId: approval?.id,
      approvedById: approval?.approvedById,
      gateResults: gateResults.map(({ gate, passed, message, observed = null, required = null }) => {
        return { gate, passed, message, observed, required };
      }),
    },
  });
}
