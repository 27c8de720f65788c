import type { Colour } from '../../../pixels/measure-pixels.js';
import { type DemoCell, drawDemoCells } from '../../../imaging/demo-cells.js';
import { randomFrom } from '../../../imaging/seeded-random.js';
import {
  labelInColour,
  scaleOfLabels,
  shortcutInBorder,
  shortcutInCorners,
  shortcutInFileProperties,
  shortcutInFileSize,
} from './check-shortcuts.js';
import type { MeasuredItem } from './measured-items.js';
import { measuredItem, tintBlasts, snapshotOf } from './testing.js';

const random = randomFrom('check shortcuts');
const jitter = (): number => random.between(-10, 10);
const grey = (): Colour => [200 + jitter(), 200 + jitter(), 200 + jitter()];

/** Items that alternate between the labels, with the properties that `partOf` returns for each label. */
const items = (
  count: number,
  partOf: (label: string) => Parameters<typeof measuredItem>[0],
  labels = ['blast', 'lymphocyte'],
): MeasuredItem[] =>
  Array.from({ length: count }, (_, index) => {
    const label = labels[index % labels.length] ?? '';
    return measuredItem({ key: `${label}/${index}.jpg`, ...partOf(label) });
  });

describe('with an increasing tint on one label', () => {
  const sweep: MeasuredItem[][] = [];
  beforeAll(async () => {
    const cells: DemoCell[] = [];
    for await (const cell of drawDemoCells({ count: 200, seed: 1, size: 64 })) cells.push(cell);
    for (const tint of [0, 0.02, 0.06, 0.12]) sweep.push(await tintBlasts(cells, tint));
  });

  test.each([
    ['corners', shortcutInCorners],
    ['border', shortcutInBorder],
  ])('the AUC from the %s increases, from INFO to an ERROR', (_, check) => {
    const findings = sweep.flatMap((items) => check(snapshotOf(items)));
    const aucs = findings.map(({ statistic = NaN }) => statistic);
    expect(aucs[0]).toBeLessThan(0.62);
    expect(aucs).toEqual(aucs.toSorted());
    expect(aucs.at(-1)).toBeGreaterThan(0.98);
    expect(findings.map(({ severity }) => severity)).toEqual(['INFO', 'WARNING', 'ERROR', 'ERROR']);
  });

  test('the colour of the whole image, which includes the cell, is never more than INFO', () => {
    for (const items of sweep) {
      const [finding] = labelInColour(snapshotOf(items));
      expect(finding).toMatchObject({ check: 'label-in-colour', severity: 'INFO', threshold: undefined });
      expect(finding?.statistic).toBeGreaterThan(0.9);
    }
  });
});

test('describes the corner colours of each label, and shows example images of each', () => {
  const cornersOf = (label: string): Colour[] =>
    [0, 1, 2, 3].map(() => [200 + jitter(), 200 + jitter(), (label === 'blast' ? 150 : 200) + jitter()]);
  const [finding] = shortcutInCorners(
    snapshotOf(items(60, (label) => ({ measurements: { corners: cornersOf(label) } }))),
  );
  expect(finding).toMatchObject({
    check: 'shortcut-in-corners',
    severity: 'ERROR',
    count: 60,
    statistic: 1,
    threshold: 0.9,
  });
  expect(finding?.message).toMatch(
    /^The label can be predicted from the image corners alone, without any cell \(AUC 1\.000, on held-out images; by chance 0\.\d\d to 0\.\d\d\): blast corners are on average rgb\((199|200|201), (199|200|201), (149|150|151)\), lymphocyte rgb\((199|200|201), (199|200|201), (199|200|201)\)\. .*a model would learn the microscope/,
  );
  expect(finding?.exampleKeys).toHaveLength(20);
  expect(finding?.exampleKeys?.filter((key) => key.startsWith('blast/'))).toHaveLength(10);
});

test('among several labels, names the predictable one and compares it with the others', () => {
  const [finding] = shortcutInBorder(
    snapshotOf(
      items(
        120,
        (label) => ({ measurements: { border: label === 'c' ? [90 + jitter(), 90, 90] : grey() } }),
        ['a', 'b', 'c', 'd'],
      ),
    ),
  );
  expect(finding?.severity).toBe('ERROR');
  expect(finding?.message).toMatch(
    /for c against the rest.*c borders are on average rgb\(\d+, 90, 90\), the others rgb\(/,
  );
});

test.each<[string, (label: string) => Parameters<typeof measuredItem>[0], string]>([
  [
    'dimensions',
    (label) => (label === 'blast' ? { width: 400, height: 400 } : {}),
    '400 × 400 JPEG of quality 90',
  ],
  [
    'format',
    (label) => (label === 'blast' ? { mediaType: 'image/png', measurements: { jpeg: null } } : {}),
    '100 × 100 PNG',
  ],
  [
    'compression',
    (label) =>
      label === 'blast'
        ? {
            measurements: {
              jpeg: { tables: 'ffffffff', quality: 70, subsampling: '2x2', progressive: false },
            },
          }
        : {},
    '100 × 100 JPEG of quality 70',
  ],
])('files that differ in their %s are an ERROR', (_, partOf, kind) => {
  const [finding] = shortcutInFileProperties(snapshotOf(items(60, partOf)));
  expect(finding).toMatchObject({ check: 'shortcut-in-file-properties', severity: 'ERROR', statistic: 1 });
  expect(finding?.message).toContain(
    `blast ${kind} (100 %), lymphocyte 100 × 100 JPEG of quality 90 (100 %)`,
  );
});

test('file sizes are only a WARNING, and only if they do not overlap, because they depend on the cell too', () => {
  const bytes = (blast: number) => (label: string) => ({
    byteSize: (label === 'blast' ? blast : 5000) * random.between(0.8, 1.2),
  });
  const [apart] = shortcutInFileSize(snapshotOf(items(60, bytes(9000))));
  expect(apart).toMatchObject({ check: 'shortcut-in-file-size', severity: 'WARNING', threshold: 0.97 });
  const [overlapping] = shortcutInFileSize(snapshotOf(items(60, bytes(6000))));
  expect(overlapping?.severity).toBe('INFO');
});

test('reports a chance result as INFO', () => {
  const [finding] = shortcutInCorners(
    snapshotOf(items(60, () => ({ measurements: { corners: [grey(), grey(), grey(), grey()] } }))),
  );
  expect(finding).toMatchObject({ severity: 'INFO', exampleKeys: [] });
  expect(finding?.message).toContain(
    'The label cannot be predicted better than by chance from the image corners alone, without any cell (AUC',
  );
});

test('a high AUC that is likely by chance with few patients is only INFO', () => {
  // Six patients per label, each with a slide of a different colour: some of these draws are separated well by chance.
  const lucky = Array.from({ length: 12 }, (_, draw) => {
    const slides = randomFrom('slides', draw);
    const patients = Array.from({ length: 12 }, () => 200 + slides.between(-20, 20));
    const all = Array.from({ length: 120 }, (_, index) => {
      const red = (patients[index % 12] ?? 0) + slides.between(-1, 1);
      const group = `P${index % 12}`;
      return measuredItem({ label: index % 2 ? 'a' : 'b', group, measurements: { border: [red, 200, 200] } });
    });
    return shortcutInBorder(snapshotOf(all));
  }).flat();
  expect(Math.max(...lucky.map(({ statistic = 0 }) => statistic))).toBeGreaterThan(0.7);
  expect(lucky.map(({ severity }) => severity)).toEqual(lucky.map(() => 'INFO'));
});

test('too few images of a label are not audited', () => {
  expect(shortcutInCorners(snapshotOf(items(19, () => ({}))))).toEqual([]);
});

describe('the scale', () => {
  const cells = (redCellDiameter: number | null, diameter = 60) => ({
    cells: { wholeCells: 1, subject: { diameter, isCutOff: false }, redCellDiameter },
  });
  const near = (size: number) => size * (1 + jitter() / 100); // ±10 %
  const scaleOf = (partOf: (label: string) => Parameters<typeof measuredItem>[0], labels?: string[]) =>
    scaleOfLabels(snapshotOf(items(120, partOf, labels)))[0];

  test('that is the same for every label is an INFO, also if their white cells differ', () => {
    const finding = scaleOf((label) => ({
      measurements: cells(near(30), label === 'blast' ? near(80) : near(50)),
    }));
    expect(finding).toMatchObject({ check: 'scale', severity: 'INFO', count: 120 });
    expect(finding?.message).toContain('from the scale alone, the diameter of red cells in pixels (AUC 0.');
  });

  test('that differs is a shortcut, with the median of each label and the images of unknown scale', () => {
    let index = 0;
    const finding = scaleOf((label) => {
      const size = label === 'blast' ? near(45) : near(30);
      return { measurements: cells(label === 'blast' && index++ % 4 === 0 ? null : size) };
    });
    expect(finding).toMatchObject({ check: 'scale', severity: 'ERROR', count: 105, threshold: 0.9 });
    expect(finding?.message).toMatch(
      /red cells are 4[456] pixels wide in blast \(median\), (29|30|31) in lymphocyte\. The scale differs between the labels, which is a shortcut: .* No red cell could be measured in some of the images: blast 15 of 60 \(25 %\)\.$/,
    );
  });

  test('that differs a little is a WARNING', () => {
    const finding = scaleOf((label) => ({ measurements: cells(label === 'blast' ? near(33) : near(30)) }));
    expect(finding).toMatchObject({ severity: 'WARNING', threshold: 0.7 });
  });

  test('that differs by less than measuring it varies is an INFO, even if it separates the labels', () => {
    const finding = scaleOf((label) => ({
      measurements: cells((label === 'blast' ? 31 : 30) * (1 + jitter() / 2000)),
    }));
    expect(finding).toMatchObject({ severity: 'INFO', statistic: 1 });
    expect(finding?.message).toContain('The medians differ by less than 5 %');
  });

  test('of one label among several is named', () => {
    const finding = scaleOf(
      (label) => ({ measurements: cells(label === 'c' ? near(45) : near(30)) }),
      ['a', 'b', 'c'],
    );
    expect(finding?.message).toMatch(
      /for c against the rest.* 4[456] pixels wide in c \(median\), (29|30|31) in the others/,
    );
  });

  test('is measured by the white cells where it is unknown, with a higher threshold', () => {
    const unknown = (ratio: number) =>
      scaleOf((label) => ({
        measurements: cells(label === 'blast' ? null : near(30), near(label === 'blast' ? 50 * ratio : 50)),
      }));
    expect(unknown(1.1)).toMatchObject({ severity: 'INFO', threshold: 0.97, count: 120 });
    const finding = unknown(2);
    expect(finding).toMatchObject({ check: 'scale', severity: 'WARNING', statistic: 1, threshold: 0.97 });
    expect(finding?.message).toMatch(
      /cells are (99|100|101) pixels wide in blast \(median\), (49|50|51) in lymphocyte\..* blast 60 of 60 \(100 %\)\.$/,
    );
  });

  test('is not audited where hardly any image shows a cell', () => {
    expect(
      scaleOf(() => ({ measurements: { cells: { wholeCells: 0, subject: null, redCellDiameter: null } } })),
    ).toBeUndefined();
  });

  test('of patients of one label each is compared by patient', () => {
    const byPatient = Array.from({ length: 120 }, (_, index) => {
      const patient = index % 12;
      const label = patient % 2 ? 'a' : 'b';
      const size = 30 * (1 + (patient % 6) / 30); // patients differ, labels do not
      return measuredItem({ key: `${index}`, label, group: `P${patient}`, measurements: cells(near(size)) });
    });
    expect(scaleOfLabels(snapshotOf(byPatient))).toMatchObject([{ severity: 'INFO' }]);
  });
});
