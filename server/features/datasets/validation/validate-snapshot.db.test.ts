import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { Prisma } from '../../../database/generated/client.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { writeDemoCells } from '../../../imaging/demo-cells.js';
import { ImageMeasurements } from '../../../imaging/measure-image.js';
import { DrawnSmear } from '../../../pixels/testing.js';
import { ingestSnapshot } from '../ingest-snapshot.js';
import { sampleOfItems } from './measured-items.js';

// Tests each check through a real ingestion: from files on disk to the findings that the API returns.

const CELLS = 48;
const FINDINGS = `query ($id: ID!) { datasetSnapshot(id: $id) { status digest
  findings { check severity message count examples statistic threshold exampleItems { key label image { sha256 thumbnailUrl } } } } }`;

let services: TestServices;
let cells: string;

beforeAll(async () => {
  services = await openTestServices();
  services.config = { ...services.config, ingestRoots: [services.folder] };
  cells = path.join(services.folder, 'cells');
  await writeDemoCells(cells, { count: CELLS, seed: 3, size: 64, patients: 6 });
});
afterAll(() => services.close());

interface Finding {
  check: string;
  severity: string;
  message: string;
  count: number;
  examples: string[];
  statistic: number | null;
  threshold: number | null;
  exampleItems: { key: string; label: string; image: { sha256: string; thumbnailUrl: string } }[];
}

/** A copy of the cells that a test may change. */
async function copyOfCells(): Promise<string> {
  const copy = await mkdtemp(path.join(services.folder, 'copy-'));
  await cp(cells, copy, { recursive: true });
  return copy;
}

async function ingest(source: string, { name = newId('snap'), version = 1, groupsCsv = 'groups.csv' } = {}) {
  const id = newId('snap');
  await services.database.datasetSnapshot.create({
    data: {
      id,
      name,
      version,
      status: 'INGESTING',
      source: `file:${source}`,
      classes: Prisma.DbNull,
      groupsCsv,
    },
  });
  await ingestSnapshot(services, id, { signal: new AbortController().signal, attempt: 1 });
  const { data } = await services.execute(FINDINGS, { id }, await services.createViewer());
  const { status, findings }: { status: string; findings: Finding[] } = data.datasetSnapshot;
  const found = (check: string) => findings.find((finding) => finding.check === check);
  return { id, status, findings, found };
}

/** Changes every image of a label's folder. */
async function changeAll(folder: string, change: (image: Sharp) => Sharp): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    await writeFile(file, await change(sharp(await readFile(file))).toBuffer());
  }
}

test('good cells are READY, with only INFO findings from the shortcut audit', async () => {
  const { status, findings } = await ingest(cells);
  expect(status).toBe('READY');
  expect(findings.map(({ check, severity }) => `${severity} ${check}`)).toEqual([
    'INFO scale',
    'INFO shortcut-in-corners',
    'INFO shortcut-in-border',
    'INFO shortcut-in-file-properties',
    'INFO shortcut-in-file-size',
    'INFO label-in-colour',
  ]);
  const images = await services.database.image.findMany();
  expect(images.every(({ measurements }) => measurements !== null)).toBe(true);
});

test('finds tiny, blank and misnamed images, and shows example images', async () => {
  const copy = await copyOfCells();
  const cell = await readFile(path.join(copy, 'blast/demo-01_00000.jpg'));
  await writeFile(path.join(copy, 'blast/tiny.jpg'), await sharp(cell).resize(40, 40).jpeg().toBuffer());
  await writeFile(
    path.join(copy, 'blast/png.jpg'),
    await sharp(cell).resize(60, 70).rotate(20).png().toBuffer(),
  );
  const empty = sharp({ create: { width: 64, height: 64, channels: 3, background: '#f0e0d0' } });
  await writeFile(path.join(copy, 'lymphocyte/blank.jpg'), await empty.jpeg().toBuffer());
  const { status, found } = await ingest(copy);

  expect(status).toBe('READY');
  expect(found('tiny-image')).toMatchObject({ severity: 'WARNING', count: 1, statistic: 40, threshold: 48 });
  expect(found('misnamed-format')).toMatchObject({
    severity: 'INFO',
    examples: ['blast/png.jpg: image/png'],
  });
  expect(found('format-mix')).toMatchObject({ severity: 'INFO', count: 2 });
  expect(found('resolution-mix')).toMatchObject({ severity: 'INFO' });
  const blank = found('blank-image');
  expect(blank).toMatchObject({
    severity: 'WARNING',
    count: 1,
    exampleItems: [{ key: 'lymphocyte/blank.jpg', label: 'lymphocyte' }],
  });
  const image = blank?.exampleItems[0]?.image;
  expect(image?.thumbnailUrl).toBe(`/files/images/${image?.sha256}/thumbnail`);
});

test('finds recompressed, rotated and resized copies within a label and across labels, splits and groups', async () => {
  const copy = await copyOfCells();
  const copyOf = async (from: string, to: string, change: (image: Sharp) => Sharp) =>
    writeFile(path.join(copy, to), await change(sharp(await readFile(path.join(copy, from)))).toBuffer());
  const within = ['blast/demo-01_00000.jpg', 'blast/within.jpg'] as const;
  const labels = ['blast/demo-02_00002.jpg', 'lymphocyte/conflict.jpg'] as const;
  const splits = ['blast/demo-03_00004.jpg', 'blast/leak.jpg'] as const;
  const groups = ['blast/demo-04_00006.jpg', 'blast/other-patient.jpg'] as const;
  await copyOf(...within, (image) => image.jpeg({ quality: 60 }));
  await copyOf(...labels, (image) => image.rotate(90).jpeg({ quality: 80 }));
  await copyOf(...splits, (image) => image.flop().resize(96, 96).png());
  await copyOf(...groups, (image) => image.rotate(180).jpeg({ quality: 85 }));

  const rows = (await readFile(path.join(copy, 'groups.csv'), 'utf8')).trim().split('\n').slice(1);
  rows.push(`${within[1]},demo-01`, `${labels[1]},demo-02`, `${groups[1]},demo-05`);
  const csv = ['file,patient,split', ...rows.map((row) => `${row},train`), `${splits[1]},test-01,test`];
  await writeFile(path.join(copy, 'groups.csv'), csv.join('\n'));
  const { status, found } = await ingest(copy);

  expect(status).toBe('READY');
  const example = (pair: readonly string[]) => [...pair].sort().join(' ≈ ');
  expect(found('near-duplicate-image')).toMatchObject({ severity: 'INFO', examples: [example(within)] });
  expect(found('near-duplicate-in-several-labels')).toMatchObject({
    severity: 'WARNING',
    examples: [example(labels)],
  });
  expect(found('near-duplicate-in-several-splits')).toMatchObject({
    severity: 'WARNING',
    examples: [example(splits)],
  });
  expect(found('near-duplicate-in-several-groups')).toMatchObject({
    severity: 'WARNING',
    examples: expect.arrayContaining([example(groups)]),
  });
  expect(found('near-duplicate-in-several-labels')?.exampleItems.map(({ key }) => key)).toEqual(
    [...labels].sort(),
  );
});

test('the same image assigned to two patients is a warning', async () => {
  const copy = await copyOfCells();
  await cp(path.join(copy, 'blast/demo-01_00000.jpg'), path.join(copy, 'blast/again.jpg'));
  const csv = await readFile(path.join(copy, 'groups.csv'), 'utf8');
  await writeFile(path.join(copy, 'groups.csv'), `${csv}blast/again.jpg,demo-02\n`);
  const { found } = await ingest(copy);
  expect(found('image-in-several-groups')).toMatchObject({
    severity: 'WARNING',
    count: 1,
    exampleItems: [{ key: 'blast/again.jpg' }, { key: 'blast/demo-01_00000.jpg' }],
  });
});

test('a rare label is a warning', async () => {
  const copy = await copyOfCells();
  await mkdir(path.join(copy, 'monocyte'));
  const cell = sharp(await readFile(path.join(copy, 'blast/demo-01_00000.jpg'))).rotate(45, {
    background: '#f0e0d0',
  });
  await writeFile(path.join(copy, 'monocyte/1.jpg'), await cell.resize(64, 64).jpeg().toBuffer());
  const { found } = await ingest(copy);
  expect(found('class-balance')).toMatchObject({
    severity: 'WARNING',
    statistic: 1 / 24,
    threshold: 0.05,
    examples: ['monocyte: 1 image'],
  });
});

test('rejects labels photographed under different lamps, with a finding about the corners', async () => {
  const copy = await copyOfCells();
  await changeAll(path.join(copy, 'blast'), (image) =>
    image.linear([1.12, 1, 0.85], [0, 0, 0]).jpeg({ quality: 92 }),
  );
  const { status, found, findings } = await ingest(copy);
  expect(status).toBe('REJECTED');
  const corners = found('shortcut-in-corners');
  expect(corners).toMatchObject({ severity: 'ERROR', count: CELLS, threshold: 0.9 });
  expect(corners?.statistic).toBeGreaterThan(0.95);
  expect(corners?.message).toMatch(
    /^The label can be predicted from the image corners alone, without any cell \(AUC .* blast corners are on average rgb\(.*\), lymphocyte rgb\(.*a model would learn the microscope/,
  );
  expect(new Set(corners?.exampleItems.map(({ label }) => label))).toEqual(new Set(['blast', 'lymphocyte']));
  expect(findings[0]?.severity).toBe('ERROR');
});

test('rejects labels with different file properties, though the pictures look alike', async () => {
  const copy = await copyOfCells();
  await changeAll(path.join(copy, 'lymphocyte'), (image) => image.resize(80, 80).jpeg({ quality: 75 }));
  const { status, found } = await ingest(copy);
  expect(status).toBe('REJECTED');
  expect(found('shortcut-in-corners')).toMatchObject({ severity: 'INFO' });
  expect(found('shortcut-in-file-properties')).toMatchObject({ severity: 'ERROR', statistic: 1 });
  expect(found('resolution-mix')).toMatchObject({ severity: 'WARNING', threshold: 0.3 });
});

test('measures drift only against the previous READY version of the same name', async () => {
  const name = newId('snap');
  await ingest(cells, { name });
  const drifts = ({ findings }: { findings: Finding[] }) =>
    findings
      .filter(({ check }) => check.startsWith('drift-'))
      .map(({ check, severity }) => `${severity} ${check}`);
  expect(drifts(await ingest(cells, { name, version: 2 }))).toEqual([]);

  const copy = await copyOfCells();
  for (const label of ['blast', 'lymphocyte']) {
    await changeAll(path.join(copy, label), (image) =>
      image.linear([0.8, 0.8, 0.8], [0, 0, 0]).resize(128, 128).jpeg({ quality: 92 }),
    );
  }
  const drifted = await ingest(copy, { name, version: 3 });
  expect(drifted.status).toBe('READY');
  expect(drifts(drifted)).toEqual(['WARNING drift-of-colour', 'WARNING drift-of-size']);
  expect(drifted.found('drift-of-colour')?.message).toContain('from version 2 of this snapshot');
  expect(drifts(await ingest(copy))).toEqual([]);

  const rare = await copyOfCells();
  const blasts = await readdir(path.join(rare, 'blast'));
  await Promise.all(blasts.slice(4).map((file) => rm(path.join(rare, 'blast', file))));
  await cp(path.join(copy, 'lymphocyte'), path.join(rare, 'lymphocyte/more'), { recursive: true });
  expect(drifts(await ingest(rare, { name, version: 4 }))).toContain('WARNING drift-of-classes');
});

test('audits a reproducible sample with the same number of images of each label', async () => {
  const { id } = await ingest(cells);
  const sample = await sampleOfItems(services.database, id, 20);
  expect(sample.map(({ label }) => label)).toEqual([
    ...Array<string>(10).fill('blast'),
    ...Array<string>(10).fill('lymphocyte'),
  ]);
  expect(await sampleOfItems(services.database, id, 20)).toEqual(sample);
  expect(await sampleOfItems(services.database, id, CELLS)).toHaveLength(CELLS);
});

test('says for each label which images show no white cell, several, or one that is cut off', async () => {
  const copy = await copyOfCells();
  const draw = async (key: string, smear: DrawnSmear) => {
    const { width, height } = smear;
    const image = sharp(smear.pixels(), { raw: { width, height, channels: 3 } });
    await writeFile(path.join(copy, key), await image.png().toBuffer());
  };
  const smear = () => new DrawnSmear(96, 96);
  await draw(
    'blast/only-red-cells.png',
    smear().redCells(14, () => true),
  );
  const [left, right] = [28, 70];
  await draw(
    'lymphocyte/two-cells.png',
    smear()
      .redCells(14, (_, y) => y < 20 || y > 76)
      .whiteCell(left, 48, 30)
      .whiteCell(right, 48, 30),
  );
  for (const [name, x] of [
    ['at-the-left', 4],
    ['at-the-right', 92],
  ] as const) {
    await draw(
      `blast/${name}.png`,
      smear()
        .redCells(14, (of) => Math.abs(of - x) > 30)
        .whiteCell(x, 48, 30),
    );
  }
  const { status, found } = await ingest(copy);

  expect(status).toBe('READY');
  const none = found('no-cell');
  expect(none).toMatchObject({ severity: 'INFO', count: 1, examples: ['blast/only-red-cells.png'] });
  expect(none).toMatchObject({ statistic: 1 / 27, threshold: 0.05 });
  expect(none?.message).toContain(
    'No white cell was found in 1 image: blast 1 of 27 (4 %), lymphocyte 0 of 25 (0 %).',
  );
  const several = found('several-cells');
  expect(several).toMatchObject({ severity: 'INFO', count: 1, statistic: 1 / 25, threshold: 0.2 });
  expect(several?.exampleItems).toMatchObject([{ key: 'lymphocyte/two-cells.png' }]);
  expect(several?.message).toContain('in 1 image: blast 0 of 27 (0 %), lymphocyte 1 of 25 (4 %).');
  const cutOff = found('cell-cut-off');
  expect(cutOff).toMatchObject({ severity: 'INFO', count: 2, statistic: 2 / 27 });
  expect(cutOff?.exampleItems.map(({ key }) => key)).toEqual([
    'blast/at-the-left.png',
    'blast/at-the-right.png',
  ]);
});

test('rejects labels of different scales, with the sizes of their red cells', async () => {
  const source = await mkdtemp(path.join(services.folder, 'scales-'));
  await writeDemoCells(source, { count: 60, seed: 5, size: 96, patients: 6 });
  const same = await ingest(source);
  expect(same.found('scale')).toMatchObject({ severity: 'INFO' });
  expect(same.found('scale')?.message).toMatch(
    /^The label can(not| hardly) be predicted .*from the scale alone, the diameter of red cells in pixels/,
  );

  // Photographed with more of the slide around, and the same dimensions.
  await changeAll(path.join(source, 'blast'), (image) =>
    image
      .resize(72, 72)
      .extend({ top: 12, bottom: 12, left: 12, right: 12, extendWith: 'mirror' })
      .jpeg({ quality: 92 }),
  );
  const { status, found } = await ingest(source);
  expect(status).toBe('REJECTED');
  const scale = found('scale');
  expect(scale).toMatchObject({ severity: 'ERROR', threshold: 0.9 });
  expect(scale?.statistic).toBeGreaterThan(0.95);
  const [, blast = NaN, lymphocyte = NaN] = (
    /red cells are (\d+) pixels wide in blast \(median\), (\d+) in lymphocyte\. The scale differs between the labels, which is a shortcut/.exec(
      scale?.message ?? '',
    ) ?? []
  ).map(Number);
  expect(lymphocyte).toBeCloseTo(19, -0.5); // ±1.6
  expect(blast / lymphocyte).toBeCloseTo(72 / 96, 0.8); // ±0.08
  expect(new Set(scale?.exampleItems.map(({ label }) => label))).toEqual(new Set(['blast', 'lymphocyte']));
});

test.each([
  ['that has no measurements yet', Prisma.DbNull],
  ['that an earlier release measured', { contrast: 40, colour: [180, 180, 180] }],
])('measures a stored image %s', async (_, measurements) => {
  const { database } = services;
  await ingest(cells);
  await database.image.updateMany({ data: { measurements } });
  const { id, status, findings } = await ingest(cells);
  expect(status).toBe('READY');
  expect(findings).toHaveLength(6);
  const images = await database.image.findMany({ where: { items: { some: { snapshotId: id } } } });
  expect(images).toHaveLength(CELLS);
  for (const image of images) ImageMeasurements.parse(image.measurements);
});
