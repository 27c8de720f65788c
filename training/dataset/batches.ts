import { normaliser } from '../../server/pixels/normalise.js';
import type { Preprocessing } from '../../server/decision/preprocessing.js';
import { randomFrom, shuffle } from '../../server/imaging/seeded-random.js';
import { whiteBalance } from '../../server/pixels/white-balance.js';
import { type Augmentation, drawVariant } from './augment.js';
import type { PixelCache } from './pixel-file.js';
import { type Variant, variantPainter } from './variant.js';

/** Images ready for the network: `images` is float32 `[N, S, S, 3]`. */
export interface Batch {
  /** Of the items, in the order of the snapshot. */
  indices: readonly number[];
  images: Float32Array;
}

export interface BatchSource {
  cache: PixelCache;
  preprocessing: Preprocessing;
  batchSize: number;
  /** For a network that sees one channel: its values, normalised, take the place of the others'. */
  channel?: 'red' | undefined;
}

/** Writes the image of an item into its part of a batch. */
type WriteImage = (index: number, out: Float32Array) => void;

/**
 * The images of `indices` in their order, either unchanged or in a variant, which is then colour-corrected like a new image.
 */
export function* plainBatches(
  source: BatchSource,
  indices: readonly number[],
  variant: Variant | null = null,
): Generator<Batch> {
  const write = variant ? variantOf(source, variant) : asItIs(source);
  for (const chosen of chunks(indices, source.batchSize)) {
    const images = new Float32Array(chosen.length * source.cache.imageBytes);
    yield fill(chosen, images, source, write);
  }
}

/**
 * The images of `indices` in the order of this epoch, each as a variant drawn for it (where `augmentation` is given).
 * Order and variants depend only on seed, epoch and item, so a resumed run continues exactly as if it had not stopped.
 *
 * @param room gives the array that the next batch is written to: of `batchSize` images, of which the last batch uses
 *   the first ones
 */
export function* trainingBatches(
  source: BatchSource,
  indices: readonly number[],
  augmentation: Augmentation | null,
  seed: number,
  epoch: number,
  room: () => Float32Array,
): Generator<Batch> {
  const order = shuffle([...indices], randomFrom(seed, 'order', epoch));
  const write = augmentation ? augmented(source, augmentation, seed, epoch) : asItIs(source);
  for (const chosen of chunks(order, source.batchSize)) {
    const images = room().subarray(0, chosen.length * source.cache.imageBytes);
    yield fill(chosen, images, source, write);
  }
}

function asItIs({ cache, preprocessing, channel }: BatchSource): WriteImage {
  const pixels = new Uint8Array(cache.imageBytes);
  const normalise = normaliser(preprocessing);
  return (index, out) => {
    cache.read(index, pixels);
    normalise(pixels, out);
    if (channel === 'red') copyRed(out);
  };
}

function variantOf({ cache, preprocessing, channel }: BatchSource, variant: Variant): WriteImage {
  const pixels = new Uint8Array(cache.imageBytes);
  const levels = new Float32Array(cache.imageBytes);
  const paint = variantPainter(preprocessing.inputSize);
  const normalise = normaliser(preprocessing);
  const { colour } = preprocessing;
  return (index, out) => {
    cache.read(index, pixels);
    paint(pixels, variant, levels);
    levels.forEach((level, position) => (pixels[position] = level + 0.5));
    if (colour.kind === 'white-balance') whiteBalance(pixels, colour);
    normalise(pixels, out);
    if (channel === 'red') copyRed(out);
  };
}

function augmented(
  { cache, preprocessing, channel }: BatchSource,
  augmentation: Augmentation,
  seed: number,
  epoch: number,
): WriteImage {
  const pixels = new Uint8Array(cache.imageBytes);
  const paint = variantPainter(preprocessing.inputSize);
  const { mean, std } = preprocessing;
  const [redScale, greenScale, blueScale] = std.map((value) => 1 / (255 * value)) as [number, number, number];
  return (index, out) => {
    cache.read(index, pixels);
    paint(pixels, drawVariant(augmentation, randomFrom(seed, 'augment', epoch, index)), out);
    for (let position = 0; position < out.length; position += 3) {
      out[position] = ((out[position] ?? 0) - 255 * mean[0]) * redScale;
      out[position + 1] = ((out[position + 1] ?? 0) - 255 * mean[1]) * greenScale;
      out[position + 2] = ((out[position + 2] ?? 0) - 255 * mean[2]) * blueScale;
    }
    if (channel === 'red') copyRed(out);
  };
}

/** Replaces green and blue of an image `[S, S, 3]` by red. */
function copyRed(image: Float32Array): void {
  for (let position = 0; position < image.length; position += 3) {
    image.fill(image[position] ?? 0, position + 1, position + 3);
  }
}

function fill(
  indices: readonly number[],
  images: Float32Array,
  { cache: { imageBytes } }: BatchSource,
  write: WriteImage,
): Batch {
  indices.forEach((index, position) =>
    write(index, images.subarray(position * imageBytes, (position + 1) * imageBytes)),
  );
  return { indices, images };
}

function* chunks(indices: readonly number[], size: number): Generator<readonly number[]> {
  for (let start = 0; start < indices.length; start += size) yield indices.slice(start, start + size);
}
