import { z } from 'zod';
import { rowsByKey } from '../../../api/batched.js';
import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import type { GateResult } from './types.js';

/** The results of the gates, as stored with a promotion. */
const GateResults = z.array(
  z.object({
    gate: z.string(),
    passed: z.boolean(),
    message: z.string(),
    observed: z.number().nullish(),
    required: z.number().nullish(),
  }),
);

export type PromotionView = Omit<Prisma.PromotionGetPayload<object>, 'gateResults'> & {
  gateResults: GateResult[];
};

export function promotionOf({ gateResults, ...row }: Prisma.PromotionGetPayload<object>): PromotionView {
  return { ...row, gateResults: GateResults.parse(gateResults) };
}

export async function loadPromotions(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, PromotionView>> {
  const rows = await database.promotion.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, promotionOf(row)]));
}

/** The promotions of each model, newest first. */
export async function loadPromotionsOfModels(
  database: Database,
  modelIds: readonly string[],
): Promise<Map<string, PromotionView[]>> {
  const rows = await database.promotion.findMany({
    where: { modelId: { in: [...modelIds] } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  return rowsByKey(rows.map(promotionOf), (promotion) => promotion.modelId);
}
