import { answeredCellType } from './answered-cell-type.js';

test.each([
  ['myeloblast', 'MYELOBLAST'],
  ['neutrophil_band', 'BAND_NEUTROPHIL'],
  ['neutrophil_seg', 'SEGMENTED_NEUTROPHIL'],
  ['Plasma cell', 'PLASMA_CELL'],
  ['lymphocyte_atypical', null],
  ['', null],
  [null, null],
])('the cell type %j of a model is %j in a review', (label, type) => {
  expect(answeredCellType(label)).toBe(type);
});
