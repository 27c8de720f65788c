import {
  countWarnings,
  errorsText,
  intervalText,
  rowName,
  toReviewText,
  unknownTypesText,
} from './differential-words.js';

const modelVersion = {
  id: 'mver_1',
  version: 3,
  positiveLabel: 'blast',
  model: { id: 'model_1', name: 'reference' },
};
const version = {
  modelVersion,
  specificity: { estimate: 0.93 },
  sensitivity: { estimate: 0.95 },
  unknownBlastEquivalents: ['PROMONOCYTE', 'ABNORMAL_PROMYELOCYTE'] as (
    'PROMONOCYTE' | 'ABNORMAL_PROMYELOCYTE'
  )[],
};

test('what is left to review is listed without the parts that are done', () => {
  expect(toReviewText({ blasts: 0, needsReview: 0, notRecognised: 0 })).toBeNull();
  expect(toReviewText({ blasts: 1, needsReview: 0, notRecognised: 0 })).toBe('1 blast by the model');
  expect(toReviewText({ blasts: 3, needsReview: 2, notRecognised: 1 })).toBe(
    '3 blasts by the model, 2 cells under “needs review” and 1 cell under “not recognised”',
  );
});

test('bands are named with the segmented neutrophils unless they have their own row', () => {
  expect(rowName('SEGMENTED_NEUTROPHIL', false)).toBe('Neutrophils, segmented and band');
  expect(rowName('SEGMENTED_NEUTROPHIL', true)).toBe('Segmented neutrophil');
  expect(rowName(null, true)).toBe('Other, type not stated');
});

test('an interval is written in percent, and an estimate has none', () => {
  expect(intervalText({ lower: 0.0164, upper: 0.1128 })).toBe('1.6\u00a0% to 11.3\u00a0%');
  expect(intervalText({ lower: 0, upper: 0.0362 })).toBe('0.0\u00a0% to 3.6\u00a0%');
  expect(intervalText({ lower: null, upper: null })).toBeNull();
});

test('the errors of a version are given as cells among a hundred, by its own figures', () => {
  expect(errorsText(version)).toBe(
    'Of 100 cells that are not “blast”, about 7 are counted as “blast” by reference version 3 (specificity 0.93). ' +
      'Of 100 cells that are, about 5 are missed (sensitivity 0.95).',
  );
  expect(errorsText({ ...version, specificity: null })).toBeNull();
});

test('blast equivalents that a version does not know are named, and there is no text for a version that knows them', () => {
  expect(unknownTypesText(version)).toBe(
    'Promonocytes and abnormal promyelocytes are not recognised by reference version 3. In some leukaemias they are counted like blasts.',
  );
  expect(unknownTypesText({ ...version, unknownBlastEquivalents: [] })).toBeNull();
});

test('a count warns of too few, not consecutive and repeated cells', () => {
  const enough = { whiteCells: 200, minimumCells: 200, leftOut: 0, repeats: 0 };
  expect(countWarnings(enough)).toEqual([]);
  expect(countWarnings({ ...enough, whiteCells: 1, leftOut: 2, repeats: 1 })).toEqual([
    '1 white cell of at least 200 is counted.',
    expect.stringContaining('2 cells of fields were found and not classified'),
    expect.stringContaining('1 cell is counted twice'),
  ]);
});
