import type { Manifest } from '../../artifact/manifest.js';
import type { CellType } from '../../database/generated/enums.js';
import { blastEquivalents } from '../../decision/blast-types.js';
import { calibratedCellTypes } from '../../decision/decision-rules.js';
import { modelCellType } from '../cases/model-cell-type.js';

/** The blast equivalents that a version never names: it has not learned them, or no threshold for them was reliable enough. */
export function unknownBlastEquivalents(manifest: Pick<Manifest, 'cellTypes'>): CellType[] {
  const cellTypes = calibratedCellTypes(manifest);
  const named = cellTypes?.labels.filter((_, index) => cellTypes.thresholds[index] !== null) ?? [];
  const known = new Set(named.map(modelCellType));
  return blastEquivalents.filter((type) => !known.has(type));
}
