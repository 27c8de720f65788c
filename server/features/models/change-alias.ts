import type { DatabaseOrTransaction, Transaction } from '../../database/client.js';
import { publish } from '../../database/events.js';
import { ModelAlias, type PromotionKind } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import { type PromotionView, promotionOf } from './promotions.js';
import type { GateResult } from './types.js';

export interface AliasChange {
  kind: PromotionKind;
  alias: ModelAlias;
  model: { id: string; name: string };
  fromVersionId: string | null;
  toVersionId: string;
  reason: string;
  requestedById: string;
  gateResults: GateResult[];
}

/** The version that plays a part now; null where none does. */
export async function versionInPart(
  database: DatabaseOrTransaction,
  modelId: string,
  alias: ModelAlias,
): Promise<string | null> {
  const assignment = await database.modelAliasAssignment.findUnique({
    where: { modelId_alias: { modelId, alias } },
    select: { modelVersionId: true },
  });
  return assignment?.modelVersionId ?? null;
}

/**
 * Gives a part to another version and appends that to the history; tells every server when the champion changed.
 * The caller holds the model's lock and has read `fromVersionId` under it.
 */
export async function changeAlias(tx: Transaction, change: AliasChange): Promise<PromotionView> {
  const { kind, alias, model, fromVersionId, toVersionId, reason, requestedById, gateResults } = change;
  await tx.modelAliasAssignment.upsert({
    where: { modelId_alias: { modelId: model.id, alias } },
    create: { modelId: model.id, alias, modelVersionId: toVersionId },
    update: { modelVersionId: toVersionId },
  });
  const promotion = await tx.promotion.create({
    data: {
      id: newId('prom'),
      kind,
      alias,
      modelId: model.id,
      fromVersionId,
      toVersionId,
      reason,
      requestedById,
      gateResults: gateResults.map(({ gate, passed, message, observed = null, required = null }) => {
        return { gate, passed, message, observed, required };
      }),
    },
  });
  if (alias === ModelAlias.CHAMPION) {
    await retireChallenger(tx, change);
    await publish(tx, { type: 'champion-changed', modelName: model.name });
  }
  return promotionOf(promotion);
}

/** A challenger that became the champion has nobody left to shadow. */
async function retireChallenger(
  tx: Transaction,
  { model, toVersionId, requestedById }: AliasChange,
): Promise<void> {
  const { count } = await tx.modelAliasAssignment.deleteMany({
    where: { modelId: model.id, alias: ModelAlias.CHALLENGER, modelVersionId: toVersionId },
  });
  if (count === 0) return;
  await tx.promotion.create({
    data: {
      id: newId('prom'),
      kind: 'RETIREMENT',
      alias: ModelAlias.CHALLENGER,
      modelId: model.id,
      fromVersionId: toVersionId,
      toVersionId: null,
      reason: 'It became the champion.',
      requestedById,
      gateResults: [],
    },
  });
}
