import { measureCellTypes } from './measure-cell-types.js';

const labels = ['band', 'blast', 'seg'];
const answer = (actual: string, probabilities: number[], named: string | null) => ({
  ...{ actual, probabilities, named },
});

it('counts what is named, and measures each type against the rest', () => {
  const metrics = measureCellTypes(
    [
      answer('blast', [0.1, 0.8, 0.1], 'blast'),
      answer('blast', [0.2, 0.4, 0.4], null),
      answer('seg', [0.1, 0.1, 0.8], 'seg'),
      answer('seg', [0.1, 0.6, 0.3], 'blast'),
      answer('giant', [0, 0.1, 0.9], 'seg'),
    ],
    labels,
    'blast',
  );
  expect(metrics?.itemCount).toBe(5);
  expect(metrics?.types).toEqual([
    { label: 'band', itemCount: 0, namedCount: 0, auc: null, sensitivity: null, precision: null },
    expect.objectContaining({ label: 'blast', itemCount: 2, namedCount: 2, auc: 5 / 6 }),
    expect.objectContaining({ label: 'seg', itemCount: 2, namedCount: 2, auc: 0.5 }),
    { label: 'giant', itemCount: 1, namedCount: 0, auc: null, sensitivity: null, precision: null },
  ]);
  // Wilson's interval of 1 of 2.
  const half = { estimate: 0.5, lower: expect.closeTo(0.0945, 4), upper: expect.closeTo(0.9055, 4) };
  expect(metrics?.types[1]).toMatchObject({ sensitivity: half, precision: half });
  expect(metrics?.confusionMatrix).toEqual([
    { actual: 'blast', predicted: 'blast', count: 1 },
    { actual: 'blast', predicted: null, count: 1 },
    { actual: 'seg', predicted: 'blast', count: 1 },
    { actual: 'seg', predicted: 'seg', count: 1 },
    { actual: 'giant', predicted: 'seg', count: 1 },
  ]);
});

it('gives nothing for images that are only divided into blasts and others', () => {
  const answers = [answer('blast', [0, 1, 0], 'blast'), answer('not blast', [0, 0, 1], 'seg')];
  expect(measureCellTypes(answers, labels, 'blast')).toBeNull();
});
