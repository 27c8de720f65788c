// How well the cell finder finds white cells, and what it costs:
//   node scripts/run.mjs benchmarks/find-cells/bench [--data ../shared/data] [--half report|tune] [--count N] [--only PATTERN] [--sheets FOLDER]
// --half    the pictures that nothing was chosen on (report, the default), or those that constants and weights were chosen on (tune)
// --count   at most so many pictures of each folder of single cells (default: all)
// --only    runs only the parts whose name matches this regular expression: fields, composed, singles, empty, odd, changed, cost
// --sheets  writes contact sheets of the pictures with a mistake to this folder
// Prints one table for each part; docs/cell-finding.md has the figures.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom } from '../../server/imaging/seeded-random.js';
import { findCells } from '../../server/pixels/find-cells.js';
import { changes } from './changes.js';
import { composeField, type CutOut, cutOut } from './compose.js';
import { contactSheet } from './contact-sheet.js';
import { emptyPictures } from './empty-pictures.js';
import {
  type Box,
  decode,
  fieldBoxes,
  FIELDS,
  filesOf,
  type Half,
  type Picture,
  sampleOf,
  SINGLE_CELLS,
} from './image-sets.js';
import { oddPictures } from './odd-pictures.js';
import { median, percent, Tally } from './score.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    half: { type: 'string', default: 'report' },
    count: { type: 'string', default: '100000' },
    only: { type: 'string', default: '.' },
    sheets: { type: 'string' },
  },
});
const half: Half = values.half === 'tune' ? 'tune' : 'report';
const count = Number(values.count);
const { data } = values;

/** How far the centre of the central cell may be from the middle of the picture, in parts of its side. */
const CENTRAL = 0.18;

/** Numbers of cells of the composed fields of each laboratory. */
const COMPOSED = [5, 8, 12, 20, 35, 60, 100, 5, 8, 12, 20, 35, 60, 100];
/** The part of the composed cells that touch another one. */
const TOUCHING = 0.4;

const parts: Record<string, () => Promise<Record<string, Record<string, string | number>>>> = {
  fields: wholeFields,
  composed: composedFields,
  singles: singleCells,
  empty: withoutCells,
  odd: oddOnes,
  changed: changedPictures,
  cost,
};
for (const [name, measure] of Object.entries(parts)) {
  if (!new RegExp(values.only).test(name)) continue;
  console.log(`\n${name} (${half})`);
  console.table(await measure());
}

async function wholeFields() {
  const tally = new Tally();
  const wrong: Picture[] = [];
  const overlaps: number[] = [];
  const scales: number[] = [];
  let unknown = 0;
  const [white, red] = [await fieldBoxes(data, 'WBC'), await fieldBoxes(data, 'RBC')];
  const files = await filesOf(data, FIELDS, half);
  for (const file of files) {
    const picture = await decode(file);
    const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
    const boxes = white.get(path.basename(file)) ?? [];
    if (!tally.add(cells, boxes.length, (x, y) => boxesAt(boxes, x, y))) wrong.push(picture);
    for (const { centre, box } of cells) {
      const [hit] = boxesAt(boxes, centre.x, centre.y);
      const truth = hit && boxes[hit - 1];
      if (truth) overlaps.push(overlap(truth, box));
    }
    const redBoxes = (red.get(path.basename(file)) ?? []).map(({ left, top, right, bottom }) =>
      Math.sqrt((right - left) * (bottom - top)),
    );
    if (!scale) unknown++;
    else if (redBoxes.length > 2) scales.push(scale.redCellDiameter / median(redBoxes));
  }
  await sheet('fields', wrong);
  const sorted = scales.sort((one, other) => one - other);
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? NaN).toFixed(2);
  return {
    fields: {
      pictures: files.length,
      recall: tally.recall.toFixed(3),
      precision: tally.precision.toFixed(3),
      'overlap of boxes (median)': median(overlaps).toFixed(2),
      'red cell / box, 5th, 50th, 95th percentile': `${at(0.05)} ${at(0.5)} ${at(0.95)}`,
      'scale unknown': percent(unknown, files.length),
    },
  };
}

function boxesAt(boxes: readonly Box[], x: number, y: number): number[] {
  return boxes.flatMap(({ left, top, right, bottom }, index) =>
    left <= x && x <= right && top <= y && y <= bottom ? [index + 1] : [],
  );
}

/** Intersection over union of two boxes. */
function overlap(one: Box, other: { left: number; top: number; width: number; height: number }): number {
  const width = Math.min(one.right, other.left + other.width) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.top + other.height) - Math.max(one.top, other.top);
  const both = Math.max(0, width) * Math.max(0, height);
  return both / ((one.right - one.left) * (one.bottom - one.top) + other.width * other.height - both);
}

async function composedFields() {
  const random = randomFrom('composed', half);
  const rows: Record<string, Record<string, string | number>> = {};
  const wrong: Picture[] = [];
  const all = new Tally();
  for (const [set, cutOuts] of await cellsToCompose()) {
    const tally = new Tally();
    for (const cells of COMPOSED) {
      const diameter = random.between(24, 54);
      const field = composeField(cutOuts, { count: cells, diameter, touching: TOUCHING }, random);
      const found = findCells(field.pixels, field.width, field.height).cells;
      const cellsAt = (x: number, y: number) => {
        const owner = field.owners[Math.floor(y) * field.width + Math.floor(x)] ?? 0;
        return owner === 0 ? [] : [owner];
      };
      if (!tally.add(found, field.cells, cellsAt)) wrong.push(field);
      all.add(found, field.cells, cellsAt);
    }
    rows[set] = tallyRow(COMPOSED.length, tally);
  }
  rows['all'] = tallyRow(COMPOSED.length * Object.keys(rows).length, all);
  await sheet('composed', wrong);
  return rows;
}

function tallyRow(pictures: number, tally: Tally): Record<string, string | number> {
  return {
    pictures,
    cells: tally.found + tally.missed,
    recall: tally.recall.toFixed(3),
    precision: tally.precision.toFixed(3),
  };
}

/** Cells of single-cell pictures and of fields, by laboratory. */
async function cellsToCompose(): Promise<Map<string, CutOut[]>> {
  const random = randomFrom('cut out', half);
  const found = new Map<string, CutOut[]>();
  for (const folder of [...SINGLE_CELLS, FIELDS]) {
    const set = folder.split('/')[0] ?? '';
    for (const file of sampleOf(await filesOf(data, folder, half), 60, random)) {
      found.set(set, [...(found.get(set) ?? []), ...cutOut(await decode(file))]);
    }
  }
  return found;
}

async function singleCells() {
  const random = randomFrom('singles', half);
  const rows: Record<string, Record<string, string | number>> = {};
  for (const folder of SINGLE_CELLS) {
    const files = sampleOf(await filesOf(data, folder, half), count, random);
    const wrong: Picture[] = [];
    let [central, oneWhole, unknown] = [0, 0, 0];
    for (const file of files) {
      const picture = await decode(file);
      const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
      const isCentral = hasCentralCell(picture, cells);
      const isOne = cells.filter(({ isCutOff }) => !isCutOff).length === 1;
      central += Number(isCentral);
      oneWhole += Number(isOne);
      unknown += Number(scale === null);
      if (!isCentral || !isOne) wrong.push(picture);
    }
    rows[folder] = {
      pictures: files.length,
      'central cell': percent(central, files.length),
      'exactly one whole cell': percent(oneWhole, files.length),
      'scale unknown': percent(unknown, files.length),
    };
    await sheet(folder.replace('/', '-'), wrong);
  }
  return rows;
}

function hasCentralCell(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  cells: ReturnType<typeof findCells>['cells'],
): boolean {
  return cells.some(
    ({ centre }) =>
      Math.abs(centre.x - width / 2) < CENTRAL * width && Math.abs(centre.y - height / 2) < CENTRAL * height,
  );
}

async function withoutCells() {
  const rows: Record<string, Record<string, string | number>> = {};
  for await (const { kind, pictures } of emptyPictures(data, half)) {
    const wrong = pictures.filter(
      (picture) => findCells(picture.pixels, picture.width, picture.height).cells.length > 0,
    );
    rows[kind] = { pictures: pictures.length, 'with a cell': wrong.length };
    if (wrong.length > 0) await sheet(`empty-${kind}`, wrong);
  }
  return rows;
}

async function oddOnes() {
  const rows: Record<string, Record<string, string | number>> = {};
  const random = randomFrom('odd', half);
  const folders = [
    'deepapl-discovery/blast',
    'deepapl-discovery/neutrophil_seg',
    'deepapl-discovery/monocyte',
  ];
  const files = (await Promise.all(folders.map((folder) => filesOf(data, folder, half)))).flatMap((each) =>
    sampleOf(each, 40, random),
  );
  const singles = await Promise.all(sampleOf(files, files.length, random).map((file) => decode(file)));
  for await (const { kind, pictures } of oddPictures(singles, singles.flatMap(cutOut))) {
    const tally = new Tally();
    const wrong: Picture[] = [];
    for (const { picture, cells, cellsAt } of pictures) {
      const found = findCells(picture.pixels, picture.width, picture.height).cells;
      if (!tally.add(found, cells, cellsAt)) wrong.push(picture);
    }
    rows[kind] = tallyRow(pictures.length, tally);
    await sheet(`odd-${kind}`, wrong);
  }
  return rows;
}

/** Fields and single cells under other colours, focus, compression and scale. */
async function changedPictures() {
  const rows: Record<string, Record<string, string | number>> = {};
  const white = await fieldBoxes(data, 'WBC');
  const folders = ['deepapl-discovery/blast', 'deepapl-discovery/neutrophil_seg', 'bucket/myeloblast'];
  const random = randomFrom('changed', half);
  const fields = sampleOf(await filesOf(data, FIELDS, half), Math.min(count, 60), random);
  const singles = (await Promise.all(folders.map((folder) => filesOf(data, folder, half)))).flatMap((files) =>
    sampleOf(files, Math.min(count, 40), random),
  );
  for (const [name, change] of Object.entries(changes)) {
    const tally = new Tally();
    for (const file of fields) {
      const original = await decode(file);
      const picture = await change(original);
      const scale = picture.width / original.width;
      const boxes = white.get(path.basename(file)) ?? [];
      tally.add(findCells(picture.pixels, picture.width, picture.height).cells, boxes.length, (x, y) =>
        boxesAt(boxes, x / scale, y / scale),
      );
    }
    let [central, oneWhole] = [0, 0];
    for (const file of singles) {
      const picture = await change(await decode(file));
      const { cells } = findCells(picture.pixels, picture.width, picture.height);
      central += Number(hasCentralCell(picture, cells));
      oneWhole += Number(cells.filter(({ isCutOff }) => !isCutOff).length === 1);
    }
    rows[name] = {
      'recall in fields': tally.recall.toFixed(3),
      'precision in fields': tally.precision.toFixed(3),
      'central cell': percent(central, singles.length),
      'exactly one whole cell': percent(oneWhole, singles.length),
    };
  }
  return rows;
}

/** CPU time of one picture after decoding, and over that of adding up its bytes in the same run. */
async function cost() {
  const rows: Record<string, Record<string, string | number>> = {};
  const random = randomFrom('cost');
  for (const folder of ['deepapl-discovery/blast', 'originals/blast', 'bucket/myeloblast', FIELDS]) {
    const files = sampleOf(await filesOf(data, folder, half), 30, random);
    const pictures = await Promise.all(files.map((file) => decode(file)));
    const { width = 0, height = 0 } = pictures[0] ?? {};
    rows[`${width} × ${height}`] = costOf(pictures, 12);
  }
  const tiles = await Promise.all(
    sampleOf(await filesOf(data, FIELDS, half), 20, random).map((file) => decode(file)),
  );
  rows['4000 × 3000'] = costOf([mosaic(tiles, 4000, 3000)], 6);
  return rows;
}

function costOf(pictures: readonly Picture[], rounds: number): Record<string, string> {
  let found = 0;
  const find = leastCpu(rounds, () => {
    for (const { pixels, width, height } of pictures) found += findCells(pixels, width, height).cells.length;
  });
  const sum = leastCpu(rounds, () => {
    for (const { pixels } of pictures) found += sumOf(pixels);
  });
  if (found === 0) throw new Error('Nothing was found in the pictures whose cost is measured.');
  return {
    'CPU ms': (find / pictures.length).toFixed(2),
    'over adding up the bytes': (find / sum).toFixed(1),
  };
}

function sumOf(pixels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at++) sum += pixels[at] ?? 0;
  return sum;
}

/** The least CPU time of `rounds` calls, in milliseconds: other work on the machine only adds time. */
function leastCpu(rounds: number, work: () => void): number {
  for (let warm = 0; warm < 3; warm++) work();
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

function mosaic(tiles: readonly Picture[], width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const tile = tiles[(Math.floor(column / 640) + 7 * Math.floor(row / 480)) % tiles.length];
      if (!tile) continue;
      const from = ((row % tile.height) * tile.width + (column % tile.width)) * 3;
      pixels.set(tile.pixels.subarray(from, from + 3), (row * width + column) * 3);
    }
  }
  return { name: 'mosaic', pixels, width, height };
}

async function sheet(name: string, pictures: readonly Picture[]): Promise<void> {
  if (!values.sheets || pictures.length === 0) return;
  await mkdir(values.sheets, { recursive: true });
  await contactSheet(pictures.slice(0, 64), path.join(values.sheets, `${name}.png`));
}
