import { randomFrom } from '../../../../imaging/seeded-random.js';
import { dealIntoFolds } from './folds.js';
import { permuteLabels } from './permute-labels.js';

const counts = (folds: Uint8Array, of: (item: number) => boolean) =>
  [0, 1, 2, 3, 4].map((fold) => [...folds.keys()].filter((item) => folds[item] === fold && of(item)).length);

test('every fold has an even share of every label', () => {
  const labels = Uint8Array.from({ length: 103 }, (_, item) => (item < 20 ? 1 : 0));
  const folds = dealIntoFolds(labels, Array<null>(103).fill(null), 5, randomFrom(1));
  expect(counts(folds, (item) => labels[item] === 1)).toEqual([4, 4, 4, 4, 4]);
  expect(counts(folds, (item) => labels[item] === 0).sort()).toEqual([16, 16, 17, 17, 17]);
});

test('all items of a group are in one fold, and label proportions are kept', () => {
  const groups = Array.from({ length: 600 }, (_, item) => `P${item % 40}`);
  const labels = Uint8Array.from({ length: 600 }, (_, item) => Number((item % 40) % 4 === 0));
  const folds = dealIntoFolds(labels, groups, 5, randomFrom(1));
  for (const group of groups) {
    expect(new Set([...folds].filter((_, item) => groups[item] === group)).size).toBe(1);
  }
  expect(counts(folds, (item) => labels[item] === 1)).toEqual([30, 30, 30, 30, 30]);
});

test('permuting gives each block the stretched label mixture of another block', () => {
  const blocks = [
    [0, 1, 2, 3],
    [4, 5, 6, 7, 8, 9, 10, 11],
  ];
  const labels = Uint8Array.from([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  const results = new Set(
    Array.from({ length: 20 }, (_, seed) => permuteLabels(labels, blocks, randomFrom(seed)).join('')),
  );
  expect(results).toEqual(new Set(['000011111111', '111100000000']));
});

test('a thinned label mixture is still a mixture', () => {
  const blocks = [
    [0, 1],
    [2, 3, 4, 5, 6, 7, 8, 9],
  ];
  const labels = Uint8Array.from([1, 1, 0, 0, 0, 0, 1, 1, 1, 1]);
  const ofFirst = Array.from({ length: 20 }, (_, seed) =>
    permuteLabels(labels, blocks, randomFrom(seed)).slice(0, 2),
  );
  const sums = ofFirst.map(([one = 0, two = 0]) => one + two);
  expect(new Set(sums)).toEqual(new Set([1, 2])); // half and half of the second block, or its own
});

test('items without a group are shuffled one by one', () => {
  const labels = Uint8Array.from({ length: 50 }, (_, item) => item % 2);
  const permuted = permuteLabels(
    labels,
    [...labels.keys()].map((item) => [item]),
    randomFrom(1),
  );
  expect(permuted).not.toEqual(labels);
  expect(permuted.toSorted()).toEqual(labels.toSorted());
});
