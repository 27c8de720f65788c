import { arrangeCells } from './arrange-cells.js';
import { cellOf, reviewBy, versionOf } from './testing.js';

const named = (grouping: 'answer' | 'cell type', cells: ReturnType<typeof cellOf>[]) =>
  arrangeCells(cells, grouping).map(({ title, cells: members }) => [
    title,
    members.map(({ id }) => id).join(' '),
  ]);

test('suspicious groups come first, and in each the most probable blast', () => {
  const cells = [
    cellOf('n1', { label: 'normal' }, 0.1),
    cellOf('n2', { label: 'normal' }, 0.2),
    cellOf('o', { outcome: 'OUT_OF_DISTRIBUTION' }),
    cellOf('i', { outcome: 'INDETERMINATE' }, 0.5),
    cellOf('b1', {}, 0.8),
    cellOf('b2', {}, 0.95),
  ];
  expect(named('answer', cells)).toEqual([
    ['Blast', 'b2 b1'],
    ['Needs review', 'i'],
    ['Not recognised', 'o'],
    ['Normal', 'n2 n1'],
    ['Cannot tell', ''],
    ['Not a cell', ''],
  ]);
});

test('the newest review decides on the group', () => {
  const cells = [
    cellOf('a', { reviews: [reviewBy('r1', { label: 'normal' })] }),
    cellOf('b', { outcome: 'INDETERMINATE', reviews: [reviewBy('r2')] }),
    cellOf('c', { reviews: [reviewBy('r3'), reviewBy('r4', { verdict: 'NOT_A_CELL' })] }),
    cellOf('d', { reviews: [reviewBy('r5', { verdict: 'CANNOT_TELL' })] }),
  ];
  expect(named('answer', cells)).toEqual([
    ['Blast', 'b'],
    ['Normal', 'a'],
    ['Cannot tell', 'd'],
    ['Not a cell', 'c'],
  ]);
});

test('by cell type as in the differential: that of the newest review, or else the model’s; blasts first', () => {
  const normal = { label: 'normal', cellType: 'neutrophil_seg' };
  const cells = [
    cellOf('seg', normal, 0.1),
    cellOf('lymphocyte', { label: 'normal', cellType: 'lymphocyte' }, 0.1),
    cellOf('corrected', { ...normal, reviews: [reviewBy('r1', { label: 'blast' })] }, 0.2),
    cellOf('typed', { reviews: [reviewBy('r2', { cellType: 'MYELOBLAST' })] }),
    cellOf('open', { outcome: 'INDETERMINATE' }, 0.5),
    cellOf('untyped', { label: 'normal' }, 0.1),
    cellOf('confirmed', { ...normal, reviews: [reviewBy('r3', { label: 'normal' })] }, 0.05),
  ];
  expect(named('cell type', cells)).toEqual([
    ['Myeloblast', 'typed'],
    ['Blast, type not stated', 'corrected'],
    ['Needs review', 'open'],
    ['Segmented neutrophil', 'seg'],
    ['Lymphocyte', 'lymphocyte'],
    ['Normal, type not stated', 'untyped confirmed'],
    ['Cannot tell', ''],
    ['Not a cell', ''],
  ]);
});

test('labels of several models have their groups, even without cells', () => {
  const other = versionOf(['other', 'promyelocyte'], 'promyelocyte');
  const cells = [cellOf('a', {}, 0.9), cellOf('b', { label: 'other', modelVersion: other })];
  expect(arrangeCells(cells, 'answer').map(({ title }) => title)).toEqual([
    ...['Blast', 'Promyelocyte', 'Normal', 'Other', 'Cannot tell', 'Not a cell'],
  ]);
});
