import { cellCutOff, noCell, severalCells } from './check-cells.js';
import { measuredItem, snapshotOf } from './testing.js';

type Cells = Parameters<typeof measuredItem>[0]['measurements'] & {};

const subject = { diameter: 60, isCutOff: false };
const shows = (label: string, count: number, cells: NonNullable<Cells['cells']>) =>
  Array.from({ length: count }, (_, index) =>
    measuredItem({ key: `${label}/${JSON.stringify(cells)}-${index}.jpg`, label, measurements: { cells } }),
  );
const whole = { wholeCells: 1, subject, redCellDiameter: 30 };
const none = { wholeCells: 0, subject: null, redCellDiameter: 30 };
const two = { ...whole, wholeCells: 2 };
const cut = { wholeCells: 0, subject: { ...subject, isCutOff: true }, redCellDiameter: null };

test('images of one whole cell, with an unknown scale too, have no finding', () => {
  const snapshot = snapshotOf([
    ...shows('blast', 3, whole),
    ...shows('normal', 3, { ...whole, redCellDiameter: null }),
  ]);
  for (const check of [noCell, severalCells, cellCutOff]) expect(check(snapshot)).toEqual([]);
});

test.each([
  ['no-cell', noCell, none, 5],
  ['several-cells', severalCells, two, 20],
  ['cell-cut-off', cellCutOff, cut, 20],
])('%s is a WARNING above its limit for any label', (name, check, cells, limit) => {
  const findingsAt = (count: number) =>
    check(
      snapshotOf([
        ...shows('blast', count, cells),
        ...shows('blast', 100 - count, whole),
        ...shows('normal', 1, cells),
        ...shows('normal', 999, whole),
      ]),
    );
  const [allowed] = findingsAt(limit);
  expect(allowed).toMatchObject({ check: name, severity: 'INFO', count: limit + 1, statistic: limit / 100 });
  const [finding] = findingsAt(limit + 1);
  expect(finding).toMatchObject({ severity: 'WARNING', count: limit + 2, threshold: limit / 100 });
  expect(finding?.message).toContain(
    `in ${limit + 2} images: blast ${limit + 1} of 100 (${limit + 1} %), normal 1 of 1,000 (< 1 %). `,
  );
});

test('a picture with several whole cells is reported once, also if another cell is cut off', () => {
  const snapshot = snapshotOf([
    ...shows('blast', 1, { ...two, subject: { ...subject, isCutOff: true } }),
    ...shows('normal', 1, { ...whole, subject: { ...subject, isCutOff: true } }),
  ]);
  expect(severalCells(snapshot)).toMatchObject([{ count: 1 }]);
  expect(cellCutOff(snapshot)).toMatchObject([{ count: 1, examples: [expect.stringMatching(/^normal/)] }]);
});

test('shows images of every label, also if one label has most of them', () => {
  const [finding] = noCell(snapshotOf([...shows('blast', 100, none), ...shows('normal', 2, none)]));
  expect(finding?.exampleKeys?.filter((key) => key.startsWith('blast'))).toHaveLength(10);
  expect(finding?.exampleKeys?.filter((key) => key.startsWith('normal'))).toHaveLength(2);
});
