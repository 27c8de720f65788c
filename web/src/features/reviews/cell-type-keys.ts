import type { CellType } from '../../graphql/graphql.js';

/**
 * The letter of each cell type, the same on every page that names types by key. The letters n and c are left for “not a cell” and “cannot tell”.
 */
export const cellTypeKeys: Record<CellType, string> = {
  BLAST: 'b',
  MYELOBLAST: 'm',
  MONOBLAST: 'q',
  LYMPHOBLAST: 'i',
  PROMYELOCYTE: 'p',
  ABNORMAL_PROMYELOCYTE: 'a',
  MYELOCYTE: 'y',
  METAMYELOCYTE: 't',
  BAND_NEUTROPHIL: 'd',
  SEGMENTED_NEUTROPHIL: 's',
  EOSINOPHIL: 'e',
  BASOPHIL: 'k',
  PROMONOCYTE: 'w',
  MONOCYTE: 'o',
  LYMPHOCYTE: 'l',
  REACTIVE_LYMPHOCYTE: 'r',
  LARGE_GRANULAR_LYMPHOCYTE: 'g',
  ABNORMAL_LYMPHOCYTE: 'v',
  PROLYMPHOCYTE: 'j',
  HAIRY_CELL: 'h',
  PLASMA_CELL: 'z',
  ERYTHROBLAST: 'x',
  SMUDGE_CELL: 'u',
  OTHER: 'f',
};
