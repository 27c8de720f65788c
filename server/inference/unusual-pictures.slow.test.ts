import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { readArtifact } from '../artifact/artifact-store.js';
import { parseManifest } from '../artifact/artifact.js';
import { exportOnnx } from '../artifact/export-onnx.js';
import type { Manifest } from '../artifact/manifest.js';
import { drawDemoCells } from '../imaging/demo-cells.js';
import { DrawnSmear } from '../pixels/testing.js';
import { openFolderStore } from '../storage/folder-store.js';
import { interpret } from '../decision/interpret.js';
import { type InferencePool, openInferencePool } from './pool.js';

// What the bundled models answer for pictures that are not of one whole cell in the usual frame. The version of the first release sees
// a part of the picture, and the present one the square around the cell.

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FOLDER = path.join(ROOT, 'server/inference/unusual-pictures');
const RED = 40;

const manifests = new Map<string, Manifest>();
let pool: InferencePool;

beforeAll(async () => {
  pool = openInferencePool({ threads: 1, queueLimit: 100, log: pino({ level: 'silent' }) });
  const artifact = await readArtifact(openFolderStore(path.join(ROOT, 'models/reference')), '', null);
  await load('bundled', artifact.manifest, artifact.onnx);
  const ofFirst = (name: string) =>
    readFile(path.join(ROOT, 'server/inference/past-releases/reference-1', name));
  const manifest = parseManifest(JSON.parse((await ofFirst('manifest.json')).toString('utf8')));
  await load('first', manifest, exportOnnx(await ofFirst('model.json'), await ofFirst('weights.bin')));
});
afterAll(() => pool.close());

async function load(version: string, manifest: Manifest, onnx: Uint8Array) {
  manifests.set(version, manifest);
  await pool.load(version, manifest, onnx);
}

async function answerFor(bytes: Uint8Array, version = 'bundled') {
  const manifest = manifests.get(version);
  if (!manifest) throw new Error(`There is no version ${version}.`);
  const result = await pool.infer(version, bytes);
  const { outcome, label } = interpret(manifest, result);
  return { outcome, label, warnings: result.qualityWarnings };
}

const file = (name: string) => readFile(path.join(FOLDER, name));
const png = (smear: DrawnSmear) =>
  sharp(smear.pixels(), { raw: { width: smear.width, height: smear.height, channels: 3 } })
    .png()
    .toBuffer();
const contentOf = (warnings: readonly string[]) =>
  warnings.filter((warning) => /CELL|SCALE/.test(warning)).sort();

/** A smear of red cells that keep away from white cells at the given places. */
const smear = (width: number, height: number, cells: readonly (readonly [x: number, y: number])[]) => {
  const drawn = new DrawnSmear(width, height).redCells(RED, (x, y) =>
    cells.every(([cellX, cellY]) => Math.hypot(x - cellX, y - cellY) > 34 + RED / 2 + 4),
  );
  for (const [x, y] of cells) drawn.whiteCell(x, y, 64, 40);
  return drawn;
};

it('classifies the cells of usual pictures without a warning about their content', async () => {
  for (const [name, label] of [
    ['ref-blast48.png', 'blast'],
    ['ref-lympho73.png', 'not blast'],
  ] as const) {
    const { warnings, ...answer } = await answerFor(await file(name));
    expect({ name, ...answer }).toEqual({ name, outcome: 'CLASSIFIED', label });
    expect(contentOf(warnings)).toEqual([]);
  }
});

it.each([
  ['an empty slide', () => file('blank-slide.png')],
  ['noise', () => file('noise.png')],
  ['red cells alone', () => png(smear(224, 224, []))],
  ['a part of the background of a cell', () => emptyCorner()],
])('finds no cell in %s: out of distribution', async (_what, picture) => {
  const { outcome, warnings } = await answerFor(await picture());
  expect(outcome).toBe('OUT_OF_DISTRIBUTION');
  expect(contentOf(warnings)).toContain('NO_CELL');
});

it.each([
  ['90 blasts', () => file('field-of-only-blasts.jpg')],
  [
    'two cells side by side',
    () =>
      png(
        smear(280, 224, [
          [85, 112],
          [195, 112],
        ]),
      ),
  ],
  ['a mosaic of single cells', () => mosaic()],
])('gives no label for a picture of %s, and says that it shows several', async (_what, picture) => {
  const { outcome, warnings } = await answerFor(await picture());
  expect(outcome).not.toBe('CLASSIFIED');
  expect(contentOf(warnings)).toContain('SEVERAL_CELLS');
});

it('recognises a blast in twice its frame, which a version that sees a part of the picture withholds', async () => {
  const picture = await file('loose-frame-2x.png');
  const loose = await answerFor(picture);
  expect(loose.label).toBe('blast');
  expect(contentOf(loose.warnings)).toEqual([]);
  const first = await answerFor(picture, 'first');
  expect(first.outcome).not.toBe('CLASSIFIED');
  expect(contentOf(first.warnings)).toContain('SCALE_OUT_OF_RANGE');
});

it.each(['bundled', 'first'])('gives no label for a third of the frame of a blast (%s)', async (version) => {
  const blast = await file('ref-blast48.png');
  const close = await sharp(blast).extract({ left: 53, top: 53, width: 54, height: 54 }).png().toBuffer();
  expect((await answerFor(close, version)).outcome).not.toBe('CLASSIFIED');
});

it.each([
  ['left', [4, 112]],
  ['bottom', [112, 220]],
] as const)('gives no label for a cell that is cut off at the %s', async (_side, place) => {
  const { outcome, warnings } = await answerFor(await png(smear(224, 224, [place])));
  expect(outcome).not.toBe('CLASSIFIED');
  expect(contentOf(warnings)).toContain('CELL_CUT_OFF');
});

it('sees a whole cell in a corner, of which a version that sees a part of the picture sees nothing', async () => {
  const corner = await png(smear(400, 400, [[50, 50]]));
  expect(contentOf((await answerFor(corner)).warnings)).toEqual([]);
  const { outcome, warnings } = await answerFor(corner, 'first');
  expect(outcome).not.toBe('CLASSIFIED');
  expect(contentOf(warnings)).toContain('CELL_CUT_OFF');
});

it('says that the scale is unknown where there is no red cell', async () => {
  const alone = new DrawnSmear(224, 224).whiteCell(112, 112, 100, 80);
  const { warnings } = await answerFor(await png(alone));
  expect(contentOf(warnings)).toContain('SCALE_UNKNOWN');
});

async function emptyCorner(): Promise<Buffer> {
  return sharp(await file('loose-frame-2x.png'))
    .extract({ left: 0, top: 0, width: 80, height: 80 })
    .png()
    .toBuffer();
}

async function mosaic(): Promise<Buffer> {
  const tiles: { input: Buffer; left: number; top: number }[] = [];
  for await (const { bytes } of drawDemoCells({ count: 9, seed: 3 })) {
    const at = tiles.length;
    tiles.push({ input: bytes, left: 160 * (at % 3), top: 160 * Math.floor(at / 3) });
  }
  return sharp({ create: { width: 480, height: 480, channels: 3, background: 'white' } })
    .composite(tiles)
    .png()
    .toBuffer();
}
