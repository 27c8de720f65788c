import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { DatabaseOrTransaction, Transaction } from '../../../database/client.js';
import { publish } from '../../../database/events.js';
import { ModelAlias, type PromotionKind } from '../../../database/generated/enums.js';
import { newId } from '../../../database/ids.js';
import { type AuditEntry, recordAuditEvent } from '../../audit/record-audit-event.js';
import { loadApprovals } from './approvals.js';
import { lockModel } from '../find-or-create-model.js';
import type { GateResult } from './types.js';
import { type PromotionView, promotionOf } from './load-promotions.js';

/** The newest change of an alias. */
export interface LastChange {
  promotionId: string;
  /** The version that has had the alias since then; null: none. */
  versionId: string | null;
}

export interface AliasChange {
  kind: PromotionKind;
  alias: ModelAlias;
  model: { id: string; name: string };
  /** The state of the alias on which the change was decided; null if no version has ever had the alias. */
  before: LastChange | null;
  /** The version that gets the alias; null: remove the alias. */
  toVersionId: string | null;
  reason: string;
  requestedById: string;
  gateResults: GateResult[];
  approval?: { id: string; approvedById: string } | null;
}

/** The newest change of an alias of a model; null if no version has ever had it. */
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
 * Moves an alias to another version, or removes it, in one transaction with the promotion history and the audit events. When this
 * returns, a new champion answers on this server. Throws a user error CONFLICT at `field` if the alias has changed since
 * `change.before` was read.
 */
export async function changeAlias(
  context: RequestContext,
  change: AliasChange,
  { audit, field }: { audit: AuditEntry[]; field: string[] },
): Promise<PromotionView> {
  const { alias, model, before } = change;
  const promotion = await context.database.$transaction(async (tx) => {
    await lockModel(tx, model.id);
    const now = await lastChange(tx, model.id, alias);
    if (now?.promotionId !== before?.promotionId) {
      throw userError(
        UserErrorCode.CONFLICT,
        `The ${alias.toLowerCase()} of ${model.name} was changed by someone else. Check the new ${alias.toLowerCase()} and decide again.`,
        field,
      );
    }
    if (change.toVersionId !== null) await refuseIneligible(tx, change.toVersionId, { alias, field });
    if (change.approval) await refuseVoidApproval(tx, change.approval.id, field);
    const promotion = await recordAliasChange(tx, change);
    for (const entry of audit) await recordAuditEvent(tx, context, entry);
    return promotion;
  });
  await context.served.refresh(model.name);
  return promotion;
}

/** Repeats the checks of the operation's start inside the transaction, so that a change since then gives a clear error instead of a constraint violation. */
async function refuseIneligible(
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
  const state = status === 'READY' ? 'the champion' : status.toLowerCase();
  throw userError(
    UserErrorCode.CONFLICT,
    `Version ${version} has become ${state} since you decided. Check it and decide again.`,
    field,
  );
}

/** An approval may have been withdrawn, or have expired, since the gates were checked. */
async function refuseVoidApproval(tx: Transaction, id: string, field: string[]): Promise<void> {
  if ((await loadApprovals(tx, [id])).get(id)?.isStanding) return;
  throw userError(
    UserErrorCode.CONFLICT,
    'The approval is no longer valid: it was withdrawn or has expired since you decided. Check the gates and decide again.',
    field,
  );
}

/** Does what {@link changeAlias} does, within a transaction that holds the model's lock, and without the audit event. */
export async function recordAliasChange(tx: Transaction, change: AliasChange): Promise<PromotionView> {
  const { alias, model, toVersionId } = change;
  if (alias === ModelAlias.CHAMPION && toVersionId !== null) await retireChallenger(tx, change, toVersionId);
  await assign(tx, change);
  const promotion = await append(tx, change);
  if (alias === ModelAlias.CHAMPION) await publish(tx, { type: 'champion-changed', modelName: model.name });
  return promotionOf(promotion);
}

/** Removes the CHALLENGER alias from a version that becomes the champion. */
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
  const key = { modelId: model.id, alias };
  if (toVersionId === null) {
    await tx.modelAliasAssignment.delete({ where: { modelId_alias: key } });
    return;
  }
  await tx.modelAliasAssignment.upsert({
    where: { modelId_alias: key },
    create: { ...key, modelVersionId: toVersionId },
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
