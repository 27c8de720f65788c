import type { Database } from '../../database/client.js';

/** The id of the bulk classification that made each prediction, for predictions that one made. The caller must have found them for the user. */
export async function loadBulkIdsOfPredictions(
  database: Database,
  predictionIds: readonly string[],
): Promise<Map<string, string>> {
  const items = await database.bulkItem.findMany({
    where: { predictionId: { in: [...predictionIds] } },
    select: { bulkId: true, predictionId: true },
  });
  return new Map(items.flatMap(({ bulkId, predictionId }) => (predictionId ? [[predictionId, bulkId]] : [])));
}
