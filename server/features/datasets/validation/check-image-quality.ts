import { counted, percent, tallyOfItems } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';

/** Shorter side, in pixels. In a smaller image a white blood cell is about 25 pixels wide, and its chromatin is not visible. */
const SIDE_AT_LEAST = 48;

/**
 * Standard deviation of brightness, 0–127. An empty field of an unevenly lit slide reaches up to 8; the lowest of 8,620 images
 * of cells from three hospitals (DeepAPL, PBC, AML-Cytomorphology) is 29.
 */
export const CONTRAST_AT_LEAST = 10;

export const tinyImages: ImageCheck = ({ items }) => {
  const tiny = items.filter(({ width, height }) => Math.min(width, height) < SIDE_AT_LEAST);
  if (tiny.length === 0) return [];
  return [
    {
      check: 'tiny-image',
      severity: 'WARNING',
      message: `Less than ${SIDE_AT_LEAST} pixels wide or high: ${counted(tiny.length, 'image')}. They are too small to show a nucleus and may be thumbnails. Use the original images.`,
      ...tallyOfItems(tiny),
      statistic: tiny.reduce((least, { width, height }) => Math.min(least, width, height), Infinity),
      threshold: SIDE_AT_LEAST,
    },
  ];
};

export const blankImages: ImageCheck = ({ items }) => {
  const blank = items.filter(isBlank);
  if (blank.length === 0) return [];
  return [
    {
      check: 'blank-image',
      severity: 'WARNING',
      message: `A single colour, or nearly so: ${counted(blank.length, 'image')}. They show no cell, so their labels are wrong. Remove them from the source.`,
      ...tallyOfItems(blank),
      statistic: blank.reduce((least, { contrast }) => Math.min(least, contrast), Infinity),
      threshold: CONTRAST_AT_LEAST,
    },
  ];
};

/** Whether an image is blank. Blank images all look alike, so they are excluded from the search for near-duplicates. */
export function isBlank({ contrast }: Pick<ImageItem, 'contrast'>): boolean {
  return contrast < CONTRAST_AT_LEAST;
}

const ANY_EXTENSION = /\.[a-z][a-z0-9]{1,4}\s*$/i;
const EXTENSIONS: Record<string, RegExp> = {
  'image/jpeg': /\.(jpe?g|jpe|jfif|jif)$/i,
  'image/png': /\.png$/i,
  'image/tiff': /\.tiff?$/i,
  'image/webp': /\.webp$/i,
};

/** Harmless here, because the format is read from the content, but a sign that files were renamed or converted. */
export const misnamedFormats: ImageCheck = ({ items }) => {
  const misnamed = items.filter(
    ({ key, mediaType }) => ANY_EXTENSION.test(key) && !EXTENSIONS[mediaType]?.test(key.trimEnd()),
  );
  if (misnamed.length === 0) return [];
  const { exampleKeys, ...tally } = tallyOfItems(misnamed);
  return [
    {
      check: 'misnamed-format',
      severity: 'INFO',
      message: `The file extension does not match the image format: ${counted(misnamed.length, 'image')} (${percent(misnamed.length / items.length)}). They were read anyway. Check whether they were renamed or converted.`,
      ...tally,
      examples: misnamed.slice(0, tally.examples.length).map(({ key, mediaType }) => `${key}: ${mediaType}`),
      exampleKeys,
    },
  ];
};
