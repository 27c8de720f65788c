import type { CellType } from '../../graphql/graphql.js';

/**
 * The key of each cell type, the same on every page that names types by key. The letters c, x and u are left for
 * confirming, “not a cell” and “cannot tell”, as in the gallery.
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
  ERYTHROBLAST: 'n',
  SMUDGE_CELL: 'f',
  OTHER: '0',
};
