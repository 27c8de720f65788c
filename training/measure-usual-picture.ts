import { openImage } from '../server/imaging/open-image.js';
import { pictureOf } from '../server/imaging/prepare-image.js';
import { UnreadableImageError } from '../server/image-files/unreadable-image.js';
import { RED_CELL_MICROMETRES, redCellDiameter, type UsualPicture } from '../server/pixels/cell-frame.js';
import { findCells } from '../server/pixels/find-cells.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { readStoredImage, StoredImageError } from '../server/storage/stored-images.js';
import { quantile } from '../evaluation/measure-scores.js';

/** The most images that are measured. The median of so many is exact to 0.3 %. */
const MEASURED = 1000;
/** The number of images that are measured at a time. */
const CHUNK = 32;
/** The number of widths that a usual one needs. */
const LEAST_WIDTHS = 20;

/**
 * How far the middle 80 % of the widths may be from each other, as a factor. For the pictures of one laboratory, all enlarged alike, it is
 * 1.26, which is the error of measuring and the difference between patients.
 */
const SPREAD_AT_MOST = 1.45;

/**
 * How far from the usual width a picture may be by its red cells, as a factor, and still count as usual. Of the pictures of one laboratory, all
 * enlarged alike, 0.6 % are further away in one direction and 0.8 % in the other. Pictures of another laboratory seem narrower where its red
 * cells are larger: by 1.2 in Munich. To show blasts smaller than they are is the worse error, so a picture must be clearly narrow before
 * its cells are shown smaller.
 */
const NARROWER_AT_MOST = 1.4;
const WIDER_AT_MOST = 1.25;

/**
 * The width of the slide that pictures of single cells show: the median by their red cells, of at most 1,000 images, evenly spread over `items`.
 * Null if red cells can be measured in fewer than 20 of these, or if pictures differ too much to have a usual width. Stops with the
 * reason of `signal`. See docs/reference-model.md for what it is worth.
 */
export async function measureUsualPicture(
  store: Pick<ObjectStore, 'get'>,
  items: readonly { imageSha256: string }[],
  signal: AbortSignal,
): Promise<UsualPicture | null> {
  const every = Math.max(1, Math.ceil(items.length / MEASURED));
  const some = items.filter((_, index) => index % every === 0);
  const widths: number[] = [];
  for (let start = 0; start < some.length; start += CHUNK) {
    signal.throwIfAborted();
    const measured = await Promise.all(
      some.slice(start, start + CHUNK).map(({ imageSha256 }) => widthOf(store, imageSha256)),
    );
    widths.push(...measured.filter((width) => width !== null));
  }
  return usualOf(widths);
}

/**
 * The shorter side of a picture in micrometres; null if no red cell gives the scale. Also null for an image that is missing or cannot be
 * read: training refuses it, with its name, when it prepares the images.
 */
async function widthOf(store: Pick<ObjectStore, 'get'>, imageSha256: string): Promise<number | null> {
  try {
    const image = await openImage(await readStoredImage(store, imageSha256));
    const { width, height, pixels } = await pictureOf(image);
    const redCell = redCellDiameter(findCells(pixels, width, height).scale);
    return redCell && (Math.min(width, height) / redCell) * RED_CELL_MICROMETRES;
  } catch (error) {
    if (error instanceof UnreadableImageError || error instanceof StoredImageError) return null;
    throw error;
  }
}

function usualOf(widths: readonly number[]): UsualPicture | null {
  const sorted = [...widths].sort((one, other) => one - other);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => quantile(sorted, share));
  if (widths.length < LEAST_WIDTHS || !low || !middle || !high || high > SPREAD_AT_MOST * low) return null;
  return {
    micrometres: toTenth(middle),
    narrowest: toTenth(middle / NARROWER_AT_MOST),
    widest: toTenth(middle * WIDER_AT_MOST),
  };
}

function toTenth(micrometres: number): number {
  return Math.round(10 * micrometres) / 10;
}
