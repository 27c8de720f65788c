import type { CellType } from '../../../database/generated/enums.js';

/** A code of LOINC with its long common name. */
export interface LoincCode {
  code: string;
  display: string;
}

// The terms are those of the panels 69738-3 and 24318-8 (https://loinc.org/24318-8), for which any method of counting is right. All are for
// blood: there is none for a cell type without an entry here, and none is used for bone marrow.

/** Of the whole differential. */
export const DIFFERENTIAL_PANEL: LoincCode = {
  code: '69738-3',
  display: 'Differential panel, method unspecified - Blood',
};

/** Blasts of every lineage. */
export const ALL_BLASTS: LoincCode = { code: '26446-5', display: 'Blasts/100 leukocytes in Blood' };

/** Erythroblasts for each 100 white cells. */
export const ERYTHROBLASTS: LoincCode = {
  code: '19048-8',
  display: 'Nucleated erythrocytes/100 leukocytes [Ratio] in Blood',
};

/** The share of a cell type among the white cells, in percent. */
export const SHARE_OF_TYPE: Partial<Record<CellType, LoincCode>> = {
  MYELOBLAST: { code: '30445-1', display: 'Myeloblasts/100 leukocytes in Blood' },
  MONOBLAST: { code: '34923-3', display: 'Monoblasts/100 leukocytes in Blood' },
  LYMPHOBLAST: { code: '34922-5', display: 'Lymphoblasts/100 leukocytes in Blood' },
  PROMONOCYTE: { code: '30466-7', display: 'Promonocytes/100 leukocytes in Blood' },
  PROMYELOCYTE: { code: '26524-9', display: 'Promyelocytes/100 leukocytes in Blood' },
  MYELOCYTE: { code: '26498-6', display: 'Myelocytes/100 leukocytes in Blood' },
  METAMYELOCYTE: { code: '28541-1', display: 'Metamyelocytes/100 leukocytes in Blood' },
  BAND_NEUTROPHIL: { code: '26508-2', display: 'Band form neutrophils/100 leukocytes in Blood' },
  SEGMENTED_NEUTROPHIL: { code: '26505-8', display: 'Segmented neutrophils/100 leukocytes in Blood' },
  EOSINOPHIL: { code: '26450-7', display: 'Eosinophils/100 leukocytes in Blood' },
  BASOPHIL: { code: '30180-4', display: 'Basophils/100 leukocytes in Blood' },
  MONOCYTE: { code: '26485-3', display: 'Monocytes/100 leukocytes in Blood' },
  LYMPHOCYTE: { code: '26478-8', display: 'Lymphocytes/100 leukocytes in Blood' },
  REACTIVE_LYMPHOCYTE: { code: '13046-8', display: 'Variant lymphocytes/100 leukocytes in Blood' },
  LARGE_GRANULAR_LYMPHOCYTE: {
    code: '30420-4',
    display: 'Large granular lymphocytes/100 leukocytes in Blood',
  },
  ABNORMAL_LYMPHOCYTE: { code: '30413-9', display: 'Abnormal lymphocytes/100 leukocytes in Blood' },
  PROLYMPHOCYTE: { code: '30465-9', display: 'Prolymphocytes/100 leukocytes in Blood' },
  HAIRY_CELL: { code: '35058-7', display: 'Hairy cells/100 leukocytes in Blood' },
  PLASMA_CELL: { code: '13047-6', display: 'Plasma cells/100 leukocytes in Blood' },
};

/** Band and segmented neutrophils counted together. */
export const ALL_NEUTROPHILS: LoincCode = {
  code: '26511-6',
  display: 'Neutrophils/100 leukocytes in Blood',
};
