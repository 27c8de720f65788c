import { joinCellTypes } from './join-cell-types.js';

const labels = ['band', 'blast', 'monocyte'];
const one = { labels, weights: [[1], [2], [3]], biases: [0.5, 1, 1.5] };
const other = { labels, weights: [[-4], [5], [0.25]], biases: [1.5, -1, 0.5] };

it('gives the mean of the scores of the members, for their embeddings one after the other', () => {
  expect(joinCellTypes([one, other])).toEqual({
    labels,
    weights: [
      [0.5, -2],
      [1, 2.5],
      [1.5, 0.125],
    ],
    biases: [1, 0, 1],
  });
  expect(joinCellTypes([one])).toEqual(one);
});

it('gives nothing if a member has not learned the labels, and refuses members of different labels', () => {
  expect(joinCellTypes([one, null])).toBeNull();
  expect(joinCellTypes([null])).toBeNull();
  expect(() => joinCellTypes([one, { ...other, labels: ['band', 'blast', 'seg'] }])).toThrow(
    'different labels',
  );
});
