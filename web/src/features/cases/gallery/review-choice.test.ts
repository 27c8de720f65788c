import { commonLabels, labelOfType, reviewOf } from './review-choice.js';
import { cellOf, reviewBy, versionOf } from './testing.js';

const other = versionOf(['other', 'promyelocyte'], 'promyelocyte');

test('a review says what it follows: the newest review, or none', () => {
  expect(reviewOf(cellOf('a'), { kind: 'CANNOT_TELL' })).toEqual({
    ...{ predictionId: 'a', afterReviewId: null, verdict: 'CANNOT_TELL', label: 'blast' },
  });
  const reviewed = cellOf('a', { reviews: [reviewBy('r1'), reviewBy('r2')] });
  expect(reviewOf(reviewed, { kind: 'NOT_A_CELL' })).toMatchObject({ afterReviewId: 'r2' });
});

test('a confirmation has the model’s label and cell type, and needs a label', () => {
  const cell = cellOf('a', { label: 'normal', cellType: 'neutrophil_seg' });
  const labelled = { verdict: 'LABEL', label: 'normal', cellType: 'SEGMENTED_NEUTROPHIL' };
  expect(reviewOf(cell, { kind: 'confirm' })).toMatchObject(labelled);
  expect(reviewOf(cell, { kind: 'label', label: 'normal' })).toMatchObject(labelled);
  expect(reviewOf(cell, { kind: 'label', label: 'blast' })).toMatchObject({ label: 'blast', cellType: null });
  const withheld = cellOf('a', { outcome: 'INDETERMINATE', label: 'normal', cellType: 'neutrophil_seg' });
  expect(reviewOf(withheld, { kind: 'confirm' })).toMatch('no label');
  expect(reviewOf(withheld, { kind: 'label', label: 'normal' })).toMatchObject({ cellType: null });
});

test('labels are those of the version of each cell', () => {
  const cells = [cellOf('a'), cellOf('b', { modelVersion: other })];
  expect(commonLabels(cells)).toEqual([]);
  expect(commonLabels([cellOf('a'), cellOf('c')])).toEqual(['normal', 'blast']);
  expect(reviewOf(cellOf('b', { modelVersion: other }), { kind: 'label', label: 'blast' })).toMatch(
    'a model that does not have the label blast',
  );
});

test('a cell type decides on the label, if the labels of the version say which', () => {
  const cell = cellOf('a');
  expect(labelOfType('MYELOBLAST', cell)).toBe('blast');
  expect(labelOfType('PROMONOCYTE', cell)).toBe('blast');
  expect(labelOfType('MONOCYTE', cell)).toBe('normal');
  expect(labelOfType('PROMYELOCYTE', cellOf('b', { modelVersion: other }))).toBe('promyelocyte');
  expect(reviewOf(cellOf('b', { modelVersion: other }), { kind: 'type', cellType: 'MONOCYTE' })).toMatch(
    'labels',
  );
  expect(reviewOf(cell, { kind: 'type', cellType: 'MONOCYTE' })).toMatchObject({
    ...{ verdict: 'LABEL', label: 'normal', cellType: 'MONOCYTE' },
  });
});

test('the same label again keeps the type that a reviewer named', () => {
  const cell = cellOf('a', { reviews: [reviewBy('r1', { cellType: 'MYELOBLAST' })] });
  expect(reviewOf(cell, { kind: 'label', label: 'blast' })).toMatchObject({ cellType: 'MYELOBLAST' });
});
