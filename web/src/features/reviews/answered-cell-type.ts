import type { CellType } from '../../graphql/graphql.js';
import { cellTypeLabels, cellTypeName } from '../../ui/labels.js';

/**
 * The cell type of a review that has the name of a model's cell type: 'neutrophil_band' is BAND_NEUTROPHIL. Null if none has. Upper and
 * lower case, and what separates the words, do not matter.
 */
export function answeredCellType(label: string | null): CellType | null {
  if (label === null) return null;
  const words = (text: string) =>
    text
      .toLowerCase()
      .match(/[a-z]+/g)
      ?.join(' ') ?? '';
  const types = Object.keys(cellTypeLabels).filter(isCellType);
  return types.find((type) => words(type) === words(cellTypeName(label))) ?? null;
}

export function isCellType(value: string): value is CellType {
  return Object.hasOwn(cellTypeLabels, value);
}
