import { cellCount, countsText, leftOutText, outcomeWord, reviewWord } from './field-words.js';

const region = { left: 0, top: 0, width: 10, height: 10 };
const counts = {
  classified: [
    { label: 'not_blast', count: 3 },
    { label: 'blast', count: 0 },
  ],
  indeterminate: 2,
  outOfDistribution: 1,
};

test('the cells of a field are counted by outcome, without outcomes that no cell has', () => {
  expect(countsText({ counts })).toBe('3 not blast, 2 needs review, 1 not recognised');
  expect(cellCount({ counts })).toBe(6);
});

test('cells that were left out are counted by reason', () => {
  const leftOut = [
    { reason: 'TOO_SMALL', region },
    { reason: 'CUT_OFF', region },
    { reason: 'CUT_OFF', region },
  ] as const;
  expect(leftOutText({ leftOut: [...leftOut] })).toBe(
    '3 cells left out: 2 cut off by the border of the picture, 1 too few pixels.',
  );
  expect(leftOutText({ leftOut: [] })).toBeNull();
});

test('a cell is named by its label only if the model gave one', () => {
  expect(outcomeWord({ outcome: 'CLASSIFIED', label: 'not_blast' })).toBe('Not blast');
  expect(outcomeWord({ outcome: 'INDETERMINATE', label: 'blast' })).toBe('Needs review');
  expect(outcomeWord({ outcome: 'OUT_OF_DISTRIBUTION', label: 'blast' })).toBe('Not recognised');
});

test('a review is named by its verdict', () => {
  expect(reviewWord({ finalVerdict: null, finalLabel: 'blast' })).toBeNull();
  expect(reviewWord({ finalVerdict: 'LABEL', finalLabel: 'not_blast' })).toBe('Reviewed: not blast');
  expect(reviewWord({ finalVerdict: 'NOT_A_CELL', finalLabel: 'blast' })).toBe('Reviewed: not a cell');
});
