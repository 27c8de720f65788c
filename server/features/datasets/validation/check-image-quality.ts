import { counted, percent, tallyOfItems } from './finding.js';
import type { ImageCheck } from './image-check.js';
import type { ImageItem } from './measured-items.js';

/** Shorter side, in pixels: a white cell then fills some 25 pixels, and its chromatin cannot be seen. */
const SIDE_AT_LEAST = 48;

/**
 * Standard deviation of brightness, 0–127. An empty field of an unevenly lit slide has up to 8; of 8,620 images of cells from
 * three hospitals (DeepAPL, PBC, AML-Cytomorphology) none has less than 29.
 */
export const CONTRAST_AT_LEAST = 10;

export const tinyImages: ImageCheck = ({ items }) => {
  const tiny = items.filter(({ width, height }) => Math.min(width, height) < SIDE_AT_LEAST);
  if (tiny.length === 0) return [];
  return [
    {
      check: 'tiny-image',
      severity: 'WARNING',
      message: `Less than ${SIDE_AT_LEAST} pixels wide or high: ${counted(tiny.length, 'image')}. Too small to show a nucleus; thumbnails perhaps. Give the originals.`,
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
      message: `Of one colour, or next to it: ${counted(blank.length, 'image')}. They show no cell, whatever their label says. Remove them from the source.`,
      ...tallyOfItems(blank),
      statistic: blank.reduce((least, { contrast }) => Math.min(least, contrast), Infinity),
      threshold: CONTRAST_AT_LEAST,
    },
  ];
};

/** Whether an image shows nothing: then it also resembles every other that does not. */
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

/** Harmless here, where the bytes decide, but a sign that files were renamed or converted on their way. */
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
      message: `Of another format than the name says: ${counted(misnamed.length, 'image')} (${percent(misnamed.length / items.length)}). They were read anyway; were they renamed on their way?`,
      ...tally,
      examples: misnamed.slice(0, tally.examples.length).map(({ key, mediaType }) => `${key}: ${mediaType}`),
      exampleKeys,
    },
  ];
};
