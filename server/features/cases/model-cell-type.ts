import { CellType } from '../../database/generated/enums.js';

/** Short words that names of cell types in data sets use. */
const longWords: Readonly<Record<string, string>> = { SEG: 'SEGMENTED' };

const byWords = new Map(Object.values(CellType).map((type) => [wordsOf(type), type]));

/**
 * The cell type that a version means by the name of one, which is that of a folder of its training data: 'neutrophil_band' is
 * BAND_NEUTROPHIL. The order of the words, their case, and what separates them do not matter. Null for a name without a counterpart.
 */
export function modelCellType(name: string): CellType | null {
  return byWords.get(wordsOf(name)) ?? null;
}

function wordsOf(name: string): string {
  const words = name.toUpperCase().match(/[A-Z]+/g) ?? [];
  return words
    .map((word) => longWords[word] ?? word)
    .sort()
    .join(' ');
}
