import { prepareImage } from '../server/imaging/prepare-image.js';
import type { Preprocessing } from '../server/decision/preprocessing.js';
import type { SizeRange, TrainedScale } from '../server/pixels/trained-scale.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { readStoredImage } from '../server/storage/stored-images.js';
import { quantile } from '../evaluation/measure-scores.js';

/** The most images that are measured: enough for a first and a 99th percentile. */
const MEASURED = 2000;
/** The number of images that are prepared at a time. */
const CHUNK = 32;
/** The share of the images below the range, and the share above it. */
const OUTSIDE = 0.01;
/** The number of sizes that a range needs. */
const LEAST_SIZES = 20;

/** Where too few red cells could be measured to limit their size. */
const ANY_SIZE: SizeRange = [0.001, 10];
/** A range that is narrower than measuring is exact, as where every frame was measured with the red cells, is widened by this share. */
const LEAST_WIDTH = 0.01;

/**
 * How large cells and red cells are in what the network sees of the images: the range from the 1st to the 99th percentile, by at most
 * 2,000 images, evenly spread over `items`. Null if fewer than 20 of these show a cell. If red cells can be measured in fewer than 20,
 * their range is without limits. Stops with the reason of `signal`.
 */
export async function measureTrainedScale(
  store: Pick<ObjectStore, 'get'>,
  items: readonly { imageSha256: string }[],
  preprocessing: Preprocessing,
  signal: AbortSignal,
): Promise<TrainedScale | null> {
  const every = Math.max(1, Math.ceil(items.length / MEASURED));
  const some = items.filter((_, index) => index % every === 0);
  const cells: number[] = [];
  const redCells: number[] = [];
  for (let start = 0; start < some.length; start += CHUNK) {
    signal.throwIfAborted();
    const prepared = await Promise.all(
      some.slice(start, start + CHUNK).map(async ({ imageSha256 }) => {
        return prepareImage(await readStoredImage(store, imageSha256), preprocessing);
      }),
    );
    for (const { sizes } of prepared) {
      if (sizes.cell !== null) cells.push(sizes.cell);
      if (sizes.redCell !== null) redCells.push(sizes.redCell);
    }
  }
  const cell = rangeOf(cells);
  return cell && { cell, redCell: rangeOf(redCells) ?? ANY_SIZE };
}

/** To four digits, as exact as a diameter is. Null for fewer than 20 sizes. */
function rangeOf(sizes: readonly number[]): SizeRange | null {
  const sorted = [...sizes].sort((one, other) => one - other);
  const [low, high] = [quantile(sorted, OUTSIDE), quantile(sorted, 1 - OUTSIDE)];
  if (sizes.length < LEAST_SIZES || low === undefined || high === undefined) return null;
  const middle = (low + high) / 2;
  const range = [
    Math.min(low, middle * (1 - LEAST_WIDTH)),
    Math.max(high, middle * (1 + LEAST_WIDTH)),
  ] as const;
  return [Number(range[0].toPrecision(4)), Number(range[1].toPrecision(4))];
}
