import { epochsByMember } from './member-curves.js';

const epochs = (numbers: number[]) => numbers.map((epoch) => ({ epoch, loss: epoch / 10 }));

it('numbers the epochs of each member from 1, and keeps the other fields', () => {
  expect(epochsByMember(epochs([1, 2, 3, 4, 5]), 2)).toEqual([
    [
      { epoch: 1, loss: 0.1 },
      { epoch: 2, loss: 0.2 },
    ],
    [
      { epoch: 1, loss: 0.3 },
      { epoch: 2, loss: 0.4 },
    ],
    [{ epoch: 1, loss: 0.5 }],
  ]);
});

it('returns one member for a run with one member', () => {
  expect(epochsByMember(epochs([1, 2, 3]), 3)).toEqual([epochs([1, 2, 3])]);
});

it('returns no members before the first epoch', () => {
  expect(epochsByMember([], 50)).toEqual([]);
});
