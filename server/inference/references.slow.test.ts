import { pino } from 'pino';
import { type Artifact, sealArtifact } from '../artifact/artifact.js';
import type { Manifest, Reference } from '../artifact/manifest.js';
import { randomArtifact } from '../artifact/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { ModelLoadError } from './errors.js';
import { type InferencePool, openInferencePool } from './pool.js';
import { withReferences } from './references.js';

const plain = randomArtifact();
let made: Artifact;
let pool: InferencePool;

beforeAll(async () => {
  made = await withReferences(plain);
  pool = openInferencePool({ threads: 2, queueLimit: 10, log: pino({ level: 'silent' }) });
});
afterAll(() => pool.close());

/** The artifact, as if another release had made it. */
function sealedWith(change: (reference: Reference) => Reference, manifest: Partial<Manifest> = {}): Artifact {
  const {
    manifest: { files: _files, ...rest },
    modelJson,
    weights,
    onnx,
  } = made;
  const references = made.manifest.references?.map((each, index) => (index === 1 ? change(each) : each));
  return sealArtifact({ ...rest, ...manifest, references }, { modelJson, weights, onnx });
}

const load = ({ manifest, onnx }: Artifact) => pool.load('version', manifest, onnx);

test('a version gets reference images of several formats once, and they are part of its digest', async () => {
  const { references = [] } = made.manifest;
  const kinds = references.map(({ image }) => Buffer.from(image, 'base64').toString('latin1', 0, 3));
  expect(new Set(kinds)).toEqual(new Set(['\x89PN', '\xff\xd8\xff', 'RIF']));
  expect(new Set(references.map(({ pixels }) => pixels)).size).toBe(references.length);
  expect(made.digest).not.toBe(plain.digest);
  expect(await withReferences(made)).toBe(made);
  expect((await withReferences(plain)).digest).toBe(made.digest);
});

test('a version loads if its reference images give the recorded outputs, or if it has none', async () => {
  for (const artifact of [made, plain]) {
    await load(artifact);
    await pool.infer('version', await drawSmear().png().toBuffer());
    await pool.unload('version');
  }
});

const { outOfDistribution } = plain.manifest;
if (outOfDistribution.method !== 'mahalanobis') throw new Error('The test artifact has another method.');
const notAnImage = Buffer.from('GIF89a').toString('base64');

test.each<[string, () => Artifact, RegExp]>([
  [
    'decodes the image to different pixels',
    () => sealedWith((each) => ({ ...each, pixels: 'ab'.repeat(32) })),
    /decoding or preprocessing gives different pixels/,
  ],
  [
    'preprocesses the image differently',
    () =>
      sealedWith((each) => each, {
        preprocessing: { ...plain.manifest.preprocessing, colour: { kind: 'none' } },
      }),
    /decoding or preprocessing gives different pixels/,
  ],
  [
    'cannot read the image',
    () => sealedWith((each) => ({ ...each, image: notAnImage })),
    /this release cannot read the image \("This is/,
  ],
  [
    'computes a different logit',
    () => sealedWith((each) => ({ ...each, logit: each.logit + 0.01 * Math.max(1, Math.abs(each.logit)) })),
    /the logit is -?\d+\.\d+ instead of -?\d+\.\d+/,
  ],
  [
    'computes a different embedding',
    () => sealedWith((each) => ({ ...each, embedding: each.embedding.map((value) => value * 1.5 + 1) })),
    /the logit is/,
  ],
  [
    'calibrates differently',
    () => sealedWith((each) => each, { calibration: { method: 'platt', slope: 1.000001, intercept: 0 } }),
    /a different probability or out-of-distribution score/,
  ],
  [
    'scores the distance differently',
    () => sealedWith((each) => each, { outOfDistribution: { ...outOfDistribution, threshold: 1000 } }),
    /a different probability or out-of-distribution score/,
  ],
])('a version is not loaded by a release that %s, and the message says why', async (_what, artifact, how) => {
  const loading = load(artifact());
  await expect(loading).rejects.toThrow(ModelLoadError);
  await expect(loading).rejects.toThrow(how);
  await expect(loading).rejects.toThrow(
    /^This version was made by another release of Cytograph, and this release gives different results: for its reference image \d of 4,/,
  );
  expect(pool.loaded()).toEqual([]);
});

test('differences between processors and engines are accepted', async () => {
  const { calibration } = plain.manifest;
  const elsewhere = (reference: Reference): Reference => {
    const logit = reference.logit + 1e-5;
    const probability = 1 / (1 + Math.exp(-(calibration.slope * logit + calibration.intercept)));
    return { ...reference, logit, probability };
  };
  await load(sealedWith(elsewhere));
  await pool.unload('version');
});
