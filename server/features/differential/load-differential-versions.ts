import { blastEquivalents } from '../../decision/blast-types.js';
import type { Database } from '../../database/client.js';
import { loadMeasuredFigures } from '../models/evaluations/load-measured-figures.js';
import { loadCellTypes } from '../models/load-models.js';
import { modelCellType } from './model-cell-type.js';
import type { DifferentialVersion } from './types.js';

/** What a differential must know about each version. */
export async function loadDifferentialVersions(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, DifferentialVersion>> {
  const figures = await loadMeasuredFigures(database, versionIds);
  const cellTypes = await loadCellTypes(database, versionIds);
  return new Map(
    [...cellTypes].map(([modelVersionId, names]) => {
      const known = new Set(names.map(modelCellType));
      const { sensitivity = null, specificity = null } = figures.get(modelVersionId) ?? {};
      const unknownBlastEquivalents = blastEquivalents.filter((type) => !known.has(type));
      return [modelVersionId, { modelVersionId, sensitivity, specificity, unknownBlastEquivalents }];
    }),
  );
}
