import { pino } from 'pino';
import { type Artifact, sealArtifact, sha256 } from '../artifact/artifact.js';
import type { Manifest } from '../artifact/manifest.js';
import type { Reference } from '../decision/decision-rules.js';
import { randomArtifact } from '../artifact/testing.js';
import { prepareImageBox } from '../imaging/prepare-image.js';
import { drawSmear } from '../imaging/testing.js';
import type { CropBox } from '../pixels/crop-box.js';
import { normalise } from '../pixels/normalise.js';
import { ModelLoadError } from './errors.js';
import { calibratedProbability, outOfDistributionScore } from '../decision/interpret.js';
import { openLocalNetwork } from './local-network.js';
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

describe('a version that sees the square around the cell', () => {
  const frame = { kind: 'cell' as const, micrometres: 24, diameters: 1.6 };
  const {
    manifest: { files: _files, ...rest },
    modelJson,
    weights,
    onnx,
  } = plain;
  const framed = sealArtifact(
    { ...rest, preprocessing: { ...rest.preprocessing, frame } },
    { modelJson, weights, onnx },
  );
  /** As if the release that made the version had found a square that is larger and further right. */
  const madeElsewhere = async (factor: number, shift: number): Promise<Artifact> => {
    const {
      manifest: { files: _own, ...manifest },
    } = await withReferences(framed);
    const references = await Promise.all(
      (manifest.references ?? []).map(async (each) => {
        if (!each.frame) throw new Error('The square is not recorded.');
        const { left, top, width } = each.frame;
        const side = Math.round(width * factor);
        const moved = { left: left + Math.round(shift * width), top, width: side, height: side };
        const bytes = Buffer.from(each.image, 'base64');
        const pixels = sha256(await prepareImageBox(bytes, moved, manifest.preprocessing));
        const { logit, embedding } = await outputFor(bytes, moved);
        const { calibration, outOfDistribution: model } = manifest;
        const probability = calibratedProbability(calibration, logit);
        const score = outOfDistributionScore(model, embedding);
        return {
          ...each,
          frame: moved,
          pixels,
          logit,
          embedding,
          probability,
          outOfDistributionScore: score,
        };
      }),
    );
    return sealArtifact({ ...manifest, references }, { modelJson, weights, onnx });
  };
  const outputFor = async (bytes: Uint8Array, box: CropBox) => {
    const network = await openLocalNetwork(framed.manifest, onnx, 1);
    try {
      const pixels = await prepareImageBox(bytes, box, framed.manifest.preprocessing);
      const [output] = await network.run(normalise(pixels, framed.manifest.preprocessing), 1);
      if (!output) throw new Error('The network gave no output.');
      return { logit: output.logit, embedding: [...output.embedding] };
    } finally {
      await network.release();
    }
  };

  it('loads in a release that finds nearly the same square', async () => {
    await load(await withReferences(framed));
    await pool.unload('version');
    await load(await madeElsewhere(1.05, 0.02));
    await pool.unload('version');
  });

  it.each([
    ['a larger one', 1.3, 0],
    ['another place', 1, 0.2],
  ])('does not load in a release that finds %s', async (_what, factor, shift) => {
    await expect(load(await madeElsewhere(factor, shift))).rejects.toThrow(
      /the square around the cell is \d+ ×/,
    );
  });
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
