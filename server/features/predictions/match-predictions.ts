import type { SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { conditionsOfChecked, wholeCondition } from './prediction-filter.js';
import type { PredictionFilter } from './types.js';

/** Whether each of these predictions matches a filter that was checked before, by id. Predictions that do not exist, or no longer, are left out. */
export async function matchPredictions(
  database: Database,
  ids: readonly string[],
  filter: PredictionFilter,
  limits: SiteLimits,
): Promise<Map<string, boolean>> {
  if (ids.length === 0) return new Map();
  const conditions = await conditionsOfChecked(database, filter, limits);
  // OFFSET 0 makes Postgres find the rows by id, and not by an index for the conditions.
  const found = await database.$queryRaw<{ id: string; matches: boolean }[]>`
    SELECT p.id, (${wholeCondition(conditions)}) IS TRUE AS matches
    FROM (SELECT * FROM "Prediction" WHERE id = ANY(${[...ids]}) OFFSET 0) AS p`;
  return new Map(found.map(({ id, matches }) => [id, matches]));
}
