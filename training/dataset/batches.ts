import { normalise } from '../../server/imaging/prepare-image.js';
import type { Preprocessing } from '../../server/imaging/preprocessing.js';
import { randomFrom, shuffle } from '../../server/imaging/seeded-random.js';
import { whiteBalance } from '../../server/imaging/white-balance.js';
import { type Augmentation, drawVariant } from './augment.js';
import type { PixelCache } from './pixel-cache.js';
import { applyVariant, type Variant } from './variant.js';

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
}

/**
 * The images of `indices` in their order: as they are, or in a variant, which then goes through the colour correction as a
 * new image would.
 */
export function* plainBatches(
  { cache, preprocessing, batchSize }: BatchSource,
  indices: readonly number[],
  variant: Variant | null = null,
): Generator<Batch> {
  const { colour, inputSize } = preprocessing;
  const pixels = new Uint8Array(cache.imageBytes);
  const changed = new Uint8Array(cache.imageBytes);
  for (let start = 0; start < indices.length; start += batchSize) {
    const chosen = indices.slice(start, start + batchSize);
    const images = new Float32Array(chosen.length * cache.imageBytes);
    chosen.forEach((index, position) => {
      cache.read(index, pixels);
      if (variant) {
        applyVariant(pixels, inputSize, variant, changed);
        if (colour.kind === 'white-balance') whiteBalance(changed, colour);
      }
      normalise(variant ? changed : pixels, preprocessing, imageAt(images, position, cache));
    });
    yield { indices: chosen, images };
  }
}

/**
 * The images of `indices` in the order of this epoch, each as a variant drawn for it (where `augmentation` is given).
 * Order and variants follow from seed, epoch and item alone: a resumed run goes on exactly as it would have.
 */
export function* trainingBatches(
  { cache, preprocessing, batchSize }: BatchSource,
  indices: readonly number[],
  augmentation: Augmentation | null,
  seed: number,
  epoch: number,
): Generator<Batch> {
  const order = shuffle([...indices], randomFrom(seed, 'order', epoch));
  const pixels = new Uint8Array(cache.imageBytes);
  const variant = new Uint8Array(cache.imageBytes);
  for (let start = 0; start < order.length; start += batchSize) {
    const chosen = order.slice(start, start + batchSize);
    const images = new Float32Array(chosen.length * cache.imageBytes);
    chosen.forEach((index, position) => {
      cache.read(index, pixels);
      if (augmentation) {
        const drawn = drawVariant(augmentation, randomFrom(seed, 'augment', epoch, index));
        applyVariant(pixels, preprocessing.inputSize, drawn, variant);
      }
      normalise(augmentation ? variant : pixels, preprocessing, imageAt(images, position, cache));
    });
    yield { indices: chosen, images };
  }
}

function imageAt(images: Float32Array, position: number, { imageBytes }: PixelCache): Float32Array {
  return images.subarray(position * imageBytes, (position + 1) * imageBytes);
}
