import { modelCellType } from './model-cell-type.js';

test('names of cell types in data sets are found in any order and case', () => {
  expect(
    ['blast', 'neutrophil_band', 'neutrophil_seg', 'Segmented neutrophil', 'abnormal-promyelocyte'].map(
      modelCellType,
    ),
  ).toEqual([
    'BLAST',
    'BAND_NEUTROPHIL',
    'SEGMENTED_NEUTROPHIL',
    'SEGMENTED_NEUTROPHIL',
    'ABNORMAL_PROMYELOCYTE',
  ]);
  expect(['platelet', 'neutrophil', '', 'NGS'].map(modelCellType)).toEqual([null, null, null, null]);
});
