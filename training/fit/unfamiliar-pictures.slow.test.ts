import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import type { Manifest } from '../../server/artifact/manifest.js';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { randomFrom } from '../../server/imaging/seeded-random.js';
import { interpret, outOfDistributionScore } from '../../server/decision/interpret.js';
import { type InferencePool, openInferencePool } from '../../server/inference/pool.js';
import { openFolderStore } from '../../server/storage/folder-store.js';
import { fitRules, type FittedRules } from './fit-rules.js';
import type { LocalCell } from './local-cell.js';

// What the bundled version recognises after a fit to the drawn cells of another scanner.

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PICTURES = path.join(ROOT, 'server/inference/unusual-pictures');
const SIZE = 160;

let manifest: Manifest;
let pool: InferencePool;
let cells: LocalCell[];
let fitted: FittedRules;

beforeAll(async () => {
  const artifact = await readArtifact(openFolderStore(path.join(ROOT, 'models/reference')), '', null);
  ({ manifest } = artifact);
  pool = openInferencePool({ threads: 1, queueLimit: 100, log: pino({ level: 'silent' }) });
  await pool.load('bundled', manifest, artifact.onnx);
  cells = [];
  for await (const { label, group, bytes } of drawDemoCells({ count: 100, seed: 1, size: SIZE })) {
    const photograph = await sharp(bytes).linear([0.9, 1, 0.8], [0, 0, 0]).blur(0.8).png().toBuffer();
    const answer = await pool.infer('bundled', photograph);
    cells.push({
      ...answer,
      qualityWarnings: [],
      imageSha256: '',
      ...{ group, isPositive: label === 'blast', cellTypeLabel: null },
    });
  }
  fitted = fitRules(manifest, cells.slice(0, 50));
});
afterAll(() => pool.close());

const picture = (pixels: Uint8Array) =>
  sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .png()
    .toBuffer();
/** Every pixel has another random colour. */
const noise = (seed: number) => {
  const random = randomFrom('noise', seed);
  return picture(Uint8Array.from({ length: SIZE * SIZE * 3 }, () => random.below(256)));
};
/** One small dark grain on an empty slide. */
const platelet = (seed: number) => {
  const random = randomFrom('platelet', seed);
  const [radius, colour] = [5 + random.next() * 4, [110 + random.below(40), 60 + random.below(40), 130]];
  return picture(
    Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % SIZE, Math.floor(at / 3 / SIZE)];
      const isGrain = Math.hypot(x - SIZE / 2, y - SIZE / 2) < radius;
      return isGrain ? (colour[at % 3] ?? 0) : ([242, 230, 224][at % 3] ?? 0);
    }),
  );
};

it('recognises at least as many of the other cells of the scanner', () => {
  const recognised = (model: Manifest['outOfDistribution']) =>
    cells.slice(50).filter(({ embedding }) => outOfDistributionScore(model, embedding) <= 1).length;
  expect(recognised(fitted.rules.outOfDistribution)).toBeGreaterThanOrEqual(
    recognised(manifest.outOfDistribution),
  );
  expect(fitted.shift).toBeGreaterThan(0.5);
});

it('does not recognise a blank slide, noise and platelets: they stay OUT_OF_DISTRIBUTION', async () => {
  const pictures = [
    ...(await Promise.all(
      ['blank-slide.png', 'noise.png'].map((name) => readFile(path.join(PICTURES, name))),
    )),
    ...(await Promise.all([1, 2, 3].flatMap((seed) => [noise(seed), platelet(seed)]))),
  ];
  for (const [index, bytes] of pictures.entries()) {
    const answer = await pool.infer('bundled', bytes);
    const [before, after] = [manifest, fitted.rules].map((rules) => interpret(rules, answer).outcome);
    expect({ index, before, after }).toEqual({
      index,
      before: 'OUT_OF_DISTRIBUTION',
      after: 'OUT_OF_DISTRIBUTION',
    });
  }
});

it('does not recognise embeddings that are far from the cells in a direction other than that of the scanner', () => {
  // Half of each member's numbers are at the opposite side of the mean: no cell of any kind.
  const strange = cells
    .slice(50)
    .map(({ embedding }) => Array.from(embedding, (value, d) => (d % 2 === 0 ? 4 * value : 0)));
  const scores = (model: Manifest['outOfDistribution']) =>
    strange.map((embedding) => outOfDistributionScore(model, embedding));
  const before = scores(manifest.outOfDistribution).filter((score) => score > 1).length;
  const after = scores(fitted.rules.outOfDistribution).filter((score) => score > 1).length;
  expect(before).toBeGreaterThan(45);
  expect(after).toBeGreaterThan(45);
});
