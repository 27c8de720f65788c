import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { type Artifact, sealArtifact, sha256 } from '../artifact/artifact.js';
import type { Reference } from '../artifact/manifest.js';
import { drawDemoCells } from '../imaging/demo-cells.js';
import { prepareImage } from '../imaging/prepare-image.js';
import { normalise } from '../pixels/normalise.js';
import { UnreadableImageError } from '../imaging/unreadable-image.js';
import { ModelLoadError } from './errors.js';
import { calibratedProbability, outOfDistributionScore } from './interpret.js';
import type { LoadedManifest } from './messages.js';
import { AGREEMENT, type Network, type NetworkOutput } from './network.js';

/** The largest relative difference of scores computed from the same recorded outputs: they are float64 sums, so only the last digits differ. */
const RULES_AGREEMENT = 1e-9;

/** Significant digits of a recorded embedding: 1,000 times finer than the difference between engines. */
const EMBEDDING_DIGITS = 6;

/** The input of `references-thread.ts`. */
export type ReferenceTask = Pick<Artifact, 'manifest' | 'onnx'>;

/**
 * Adds reference images to an artifact: small drawn cells as PNG, JPEG and WebP files, with the outputs of the version in this
 * release. An artifact that has reference images keeps them. They are part of the manifest, so adding them changes the digest.
 * Runs in a separate thread, because the network blocks its thread. Throws ModelLoadError where the network does not run.
 */
export async function withReferences(artifact: Artifact): Promise<Artifact> {
  if (artifact.manifest.references) return artifact;
  const { modelJson, weights, onnx } = artifact;
  const { files: _files, ...manifest } = artifact.manifest;
  const references = await referencesOf(artifact);
  return sealArtifact({ ...manifest, references }, { modelJson, weights, onnx });
}

async function referencesOf({ manifest, onnx }: ReferenceTask): Promise<Reference[]> {
  const task: ReferenceTask = { manifest, onnx };
  const thread = new Worker(new URL('./references-thread.js', import.meta.url), {
    name: 'reference images',
    workerData: task,
  });
  try {
    return await new Promise<Reference[]>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', (error) =>
        reject(
          new ModelLoadError(`The reference images could not be classified: ${error.message}`, {
            cause: error,
          }),
        ),
      );
      thread.once('exit', () =>
        reject(new Error('The thread that classifies the reference images ended without a result.')),
      );
    });
  } finally {
    await thread.terminate();
  }
}

/** The outputs of a network in this release for newly drawn reference images. */
export async function recordReferences(manifest: LoadedManifest, network: Network): Promise<Reference[]> {
  const references: Reference[] = [];
  for (const file of await drawReferenceImages()) {
    const { pixels, output } = await answer(manifest, network, file);
    const embedding = Array.from(output.embedding, (value) => Number(value.toPrecision(EMBEDDING_DIGITS)));
    references.push({
      image: file.toString('base64'),
      pixels,
      logit: output.logit,
      embedding,
      ...decide(manifest, output.logit, embedding),
    });
  }
  return references;
}

/**
 * Checks that this release gives for a version's reference images what was recorded when it was made: identical pixels; from the
 * network, on any processor or server, logit and embedding within the tolerance of engines; and the same probability
 * and out-of-distribution score from the recorded logit and embedding. A version without reference images passes.
 * Throws ModelLoadError that says what is different.
 */
export async function checkReferences(manifest: LoadedManifest, network: Network): Promise<void> {
  const { references = [] } = manifest;
  for (const [index, reference] of references.entries()) {
    const differs = (how: string) =>
      new ModelLoadError(
        `This version was made by another release of Cytograph, and this release gives different results: for its reference image ${index + 1} of ` +
          `${references.length}, ${how}. Its predictions would change, so it is not loaded. ` +
          'Run the release that made it, or train a new version with this release.',
      );
    const { pixels, output } = await answer(manifest, network, Buffer.from(reference.image, 'base64')).catch(
      (error: unknown) => {
        throw error instanceof UnreadableImageError
          ? differs(`this release cannot read the image ("${error.message}")`)
          : error;
      },
    );
    if (pixels !== reference.pixels) {
      throw differs('decoding or preprocessing gives different pixels');
    }
    if (!isSameOutput(reference, output)) {
      throw differs(`the logit is ${output.logit} instead of ${reference.logit}`);
    }
    const { probability, outOfDistributionScore: score } = decide(
      manifest,
      reference.logit,
      reference.embedding,
    );
    const isSame = (computed: number, recorded: number) =>
      Math.abs(computed - recorded) <= RULES_AGREEMENT * Math.max(1, Math.abs(recorded));
    if (!isSame(probability, reference.probability) || !isSame(score, reference.outOfDistributionScore)) {
      throw differs(
        'the same network output gives a different probability or out-of-distribution score ' +
          `(${probability} and ${score} instead of ${reference.probability} and ${reference.outOfDistributionScore})`,
      );
    }
  }
}

async function answer(
  manifest: LoadedManifest,
  network: Network,
  file: Uint8Array,
): Promise<{ pixels: string; output: NetworkOutput }> {
  const { pixels } = await prepareImage(file, manifest.preprocessing);
  const [output] = await network.run(normalise(pixels, manifest.preprocessing), 1);
  if (!output) throw new ModelLoadError('The network gave no output for an image.');
  return { pixels: sha256(pixels), output };
}

function decide(
  { calibration, outOfDistribution }: LoadedManifest,
  logit: number,
  embedding: readonly number[],
): Pick<Reference, 'probability' | 'outOfDistributionScore'> {
  return {
    probability: calibratedProbability(calibration, logit),
    outOfDistributionScore: outOfDistributionScore(outOfDistribution, embedding),
  };
}

function isSameOutput(reference: Reference, { logit, embedding, evidence }: NetworkOutput): boolean {
  const there = [reference.logit, ...reference.embedding];
  const here = [logit, ...embedding];
  const scale = [...here, ...evidence.values].reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return there.every((value, at) => Math.abs(value - (here[at] ?? NaN)) <= AGREEMENT * scale);
}

/** Files that use different parts of the decoder: PNG, rotated JPEG with chroma subsampling, large progressive JPEG, and WebP. */
async function drawReferenceImages(): Promise<Buffer[]> {
  const small = { width: 48, height: 40, left: 24, top: 28 };
  const wide = { width: 96, height: 72, left: 0, top: 12 };
  const [lossless, turned, webp] = await draw(3, 96);
  const [, large] = await draw(2, 320);
  return Promise.all([
    sharp(lossless).extract(small).png().toBuffer(),
    sharp(turned).extract(wide).jpeg({ quality: 85 }).withMetadata({ orientation: 6 }).toBuffer(),
    sharp(large).blur(1).jpeg({ quality: 70, progressive: true }).toBuffer(),
    sharp(webp).webp({ quality: 80 }).toBuffer(),
  ]);
}

async function draw(count: number, size: number): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for await (const { bytes } of drawDemoCells({ count, size, seed: 18 })) files.push(bytes);
  return files;
}
