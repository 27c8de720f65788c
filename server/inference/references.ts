import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { type Artifact, sealArtifact, sha256 } from '../artifact/artifact.js';
import type { Reference } from '../decision/decision-rules.js';
import { drawDemoCells } from '../imaging/demo-cells.js';
import { prepareImage, prepareImageBox } from '../imaging/prepare-image.js';
import type { CropBox } from '../pixels/crop-box.js';
import { normalise } from '../pixels/normalise.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import { ModelLoadError } from './errors.js';
import { calibratedProbability, outOfDistributionScore } from '../decision/interpret.js';
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
    const { frame } = await prepareImage(file, manifest.preprocessing);
    const ofCell = manifest.preprocessing.frame ? { frame } : {};
    const { pixels, output } = await answer(manifest, network, file, ofCell.frame);
    const embedding = Array.from(output.embedding, (value) => Number(value.toPrecision(EMBEDDING_DIGITS)));
    references.push({
      image: file.toString('base64'),
      ...ofCell,
      pixels,
      logit: output.logit,
      embedding,
      ...decide(manifest, output.logit, embedding),
    });
  }
  return references;
}

/**
 * Checks that this release gives for a version's reference images what was recorded when it was made: identical pixels (of the
 * recorded square, if the version sees a square around the cell, and nearly the same square); from the
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
    const { pixels, frame, output } = await answer(
      manifest,
      network,
      Buffer.from(reference.image, 'base64'),
      reference.frame,
    ).catch((error: unknown) => {
      throw error instanceof UnreadableImageError
        ? differs(`this release cannot read the image ("${error.message}")`)
        : error;
    });
    if (reference.frame && !isSimilar(frame, reference.frame)) {
      throw differs(`the square around the cell is ${textOf(frame)} instead of ${textOf(reference.frame)}`);
    }
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

/**
 * The output of the network for an image, and the part of the image that this release finds.
 * @param given the part that the network sees instead, where it is recorded
 */
async function answer(
  { preprocessing }: LoadedManifest,
  network: Network,
  file: Uint8Array,
  given: CropBox | undefined,
): Promise<{ pixels: string; frame: CropBox; output: NetworkOutput }> {
  const found = await prepareImage(file, preprocessing);
  const pixels = given ? await prepareImageBox(file, given, preprocessing) : found.pixels;
  const [output] = await network.run(normalise(pixels, preprocessing), 1);
  if (!output) throw new ModelLoadError('The network gave no output for an image.');
  return { pixels: sha256(pixels), frame: found.frame, output };
}

/** By how much the side of the square around a cell may change, as a factor, and its centre may move, as a share of the side: less than the variants that networks are trained on. */
const SAME_FRAME = { factor: 1.12, shift: 0.08 };

function isSimilar(found: CropBox, recorded: CropBox): boolean {
  const factor = found.width / recorded.width;
  const across = found.left + found.width / 2 - recorded.left - recorded.width / 2;
  const down = found.top + found.height / 2 - recorded.top - recorded.height / 2;
  return (
    Math.max(factor, 1 / factor) <= SAME_FRAME.factor &&
    Math.hypot(across, down) <= SAME_FRAME.shift * recorded.width
  );
}

function textOf({ left, top, width, height }: CropBox): string {
  return `${width} × ${height} pixels at (${left}, ${top})`;
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
