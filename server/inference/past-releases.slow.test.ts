import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { z } from 'zod';
import { parseManifest, sha256 } from '../artifact/artifact.js';
import { exportOnnx } from '../artifact/export-onnx.js';
import type { Manifest } from '../artifact/manifest.js';
import { prepareImage } from '../imaging/prepare-image.js';
import { Preprocessing } from '../decision/preprocessing.js';
import { interpret } from '../decision/interpret.js';
import { type InferencePool, openInferencePool } from './pool.js';

// past-releases/README.md describes the images and the source of the numbers.
const FOLDER = fileURLToPath(new URL('./past-releases/', import.meta.url));
const BUNDLED = fileURLToPath(new URL('../../../models/reference', import.meta.url));

/** Processors add float32 numbers in different orders. On one kind of processor the difference is 0. */
const LOGIT_TOLERANCE = 1e-4;

const expected = z
  .object({
    preprocessing: z.record(z.string(), Preprocessing),
    networks: z.record(z.string(), z.record(z.enum(['model.json', 'weights.bin']), z.string())),
    images: z.record(
      z.string(),
      z.object({
        size: z.tuple([z.number(), z.number()]),
        pixels: z.record(z.string(), z.string()),
        answers: z.record(
          z.string(),
          z.object({ logit: z.number(), probability: z.number(), outOfDistributionScore: z.number() }),
        ),
      }),
    ),
  })
  .parse(JSON.parse(await readFile(`${FOLDER}expected.json`, 'utf8')));
const images = Object.entries(expected.images);

it('has the answers of past releases for every image of the folder', async () => {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  const files = entries
    .flatMap((entry) => (entry.isFile() ? entry.name : []))
    .filter((name) => name !== 'expected.json');
  expect(images.map(([name]) => name)).toEqual(files.sort());
  expect(images.length).toBeGreaterThanOrEqual(28);
});

describe.each(Object.entries(expected.preprocessing))('the preprocessing "%s"', (name, preprocessing) => {
  it.each(images)('gives the same pixels of %s as in past releases', async (file, { size, pixels }) => {
    const image = await prepareImage(await readFile(FOLDER + file), preprocessing);
    expect([image.width, image.height]).toEqual(size);
    expect(sha256(image.pixels)).toBe(pixels[name]);
  });
});

/** The folder of each version that was ever bundled. */
const VERSIONS: Record<string, string> = {
  'reference version 1': `${FOLDER}reference-1`,
  'reference version 2': BUNDLED,
};

it('has the answers of every bundled version', () => {
  expect(Object.keys(expected.networks)).toEqual(Object.keys(VERSIONS));
});

describe.each(Object.entries(VERSIONS))('%s', (version, folder) => {
  let manifest: Manifest;
  let pool: InferencePool;

  beforeAll(async () => {
    const bytes = (name: string) => readFile(`${folder}/${name}`);
    manifest = parseManifest(JSON.parse((await bytes('manifest.json')).toString('utf8')));
    // The ONNX file of a replaced version is not kept, since it follows from the others.
    const onnx = exportOnnx(await bytes('model.json'), await bytes('weights.bin'));
    expect(sha256(onnx)).toBe(manifest.files['model.onnx'].sha256);
    pool = openInferencePool({ threads: 1, queueLimit: 100, log: pino({ level: 'silent' }) });
    await pool.load('bundled', manifest, onnx);
  });
  afterAll(() => pool.close());

  it('is the network that gave the recorded answers', () => {
    for (const file of ['model.json', 'weights.bin'] as const) {
      expect([file, manifest.files[file].sha256]).toEqual([file, expected.networks[version]?.[file]]);
    }
    expect(manifest.preprocessing).toEqual(expected.preprocessing[version]);
  });

  it.each(images)('gives the same answer for %s as past releases', async (file, { answers }) => {
    const answer = answers[version];
    if (!answer) throw new Error(`There is no answer of ${version} for ${file}.`);
    const result = await pool.infer('bundled', await readFile(FOLDER + file));
    const { logit } = result;
    const { probabilities, outOfDistributionScore } = interpret(manifest, result);
    const differences = {
      logit: Math.abs(logit - answer.logit),
      probability: Math.abs((probabilities[1]?.probability ?? NaN) - answer.probability),
      outOfDistributionScore: Math.abs(outOfDistributionScore - answer.outOfDistributionScore),
    };
    for (const [what, difference] of Object.entries(differences)) {
      expect([what, difference <= LOGIT_TOLERANCE * Math.max(1, Math.abs(answer.logit))]).toEqual([
        what,
        true,
      ]);
    }
  });
});
