import type { Database } from '../../database/client.js';
import { loadMeasuredFigures } from '../models/evaluations/load-measured-figures.js';
import { loadManifests } from '../models/load-models.js';
import type { DifferentialVersion } from './types.js';
import { unknownBlastEquivalents } from './unknown-blast-equivalents.js';

/** What a differential must know about each version. */
export async function loadDifferentialVersions(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, DifferentialVersion>> {
  const figures = await loadMeasuredFigures(database, versionIds);
  const manifests = await loadManifests(database, versionIds);
  return new Map(
    [...manifests].map(([modelVersionId, manifest]) => {
      const { sensitivity = null, specificity = null } = figures.get(modelVersionId) ?? {};
      const unknown = unknownBlastEquivalents(manifest);
      return [modelVersionId, { modelVersionId, sensitivity, specificity, unknownBlastEquivalents: unknown }];
    }),
  );
}
