import type { DatabaseOrTransaction } from '../../../database/client.js';
import { ModelAlias } from '../../../database/generated/enums.js';

/**
 * The version that a candidate for champion is compared with: the current champion, or, if the model has none, the last champion
 * other than the candidate. So retiring the champion does not remove the comparison. Null if there was no other champion.
 */
export async function comparedChampion(
  database: DatabaseOrTransaction,
  { modelId, candidateId }: { modelId: string; candidateId: string },
): Promise<string | null> {
  const last = await database.promotion.findFirst({
    where: {
      modelId,
      alias: ModelAlias.CHAMPION,
      toVersionId: { not: null },
      NOT: { toVersionId: candidateId },
    },
    orderBy: { createdAt: 'desc' },
    select: { toVersionId: true },
  });
  return last?.toVersionId ?? null;
}
