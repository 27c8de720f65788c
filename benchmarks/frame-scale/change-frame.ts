import type { Random } from '../../server/imaging/seeded-random.js';
import type { Picture } from '../../server/pixels/prepare-pixels.js';
import type { SlidePatches } from './slide-patches.js';

/** What is around a picture in a frame that is larger than the picture. */
export const SURROUNDINGS = ['reflected', 'slide colour', 'real slide'] as const;
export type Surroundings = (typeof SURROUNDINGS)[number];

/**
 * The same cell in another frame, at the same size in pixels: `factor` below 1 cuts the picture about its centre; above 1, the picture
 * is in the middle of a larger one, which shows the surroundings.
 */
export function changeFrame(
  picture: Picture,
  factor: number,
  surroundings: Surroundings,
  slide: SlidePatches,
  random: Random,
): Picture {
  const width = Math.round(picture.width * factor);
  const height = Math.round(picture.height * factor);
  const left = Math.round((width - picture.width) / 2);
  const top = Math.round((height - picture.height) / 2);
  const pixels = new Uint8Array(width * height * 3);
  if (factor > 1) fill({ width, height, pixels }, picture, [left, top], surroundings, slide, random);
  paste({ width, height, pixels }, picture, left, top);
  return { width, height, pixels };
}

function fill(
  canvas: Picture,
  picture: Picture,
  [left, top]: readonly [number, number],
  surroundings: Surroundings,
  slide: SlidePatches,
  random: Random,
): void {
  if (surroundings === 'real slide') {
    const { pixels: tiles, side } = slide.patchFor(picture, random);
    for (let y = 0; y < canvas.height; y += side) {
      for (let x = 0; x < canvas.width; x += side) {
        paste(canvas, turned({ width: side, height: side, pixels: tiles() }, random.below(8)), x, y);
      }
    }
    return;
  }
  const colour = slide.colourOf(picture);
  for (let y = 0; y < canvas.height; y++) {
    const row = mirrored(y - top, picture.height);
    for (let x = 0; x < canvas.width; x++) {
      const from = (row * picture.width + mirrored(x - left, picture.width)) * 3;
      const to = (y * canvas.width + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        canvas.pixels[to + channel] =
          surroundings === 'reflected'
            ? (picture.pixels[from + channel] ?? 0)
            : Math.round(colour[channel] ?? 0);
      }
    }
  }
}

/** Copies a picture into another one, as far as it lies in it. */
function paste(canvas: Picture, picture: Picture, left: number, top: number): void {
  const first = Math.max(0, -left);
  const last = Math.min(picture.width, canvas.width - left);
  for (let row = Math.max(0, -top); row < Math.min(picture.height, canvas.height - top); row++) {
    const from = row * picture.width;
    canvas.pixels.set(
      picture.pixels.subarray((from + first) * 3, (from + last) * 3),
      ((top + row) * canvas.width + left + first) * 3,
    );
  }
}

/** One of the 8 symmetries of a square picture. */
function turned(picture: Picture, symmetry: number): Picture {
  const side = picture.width;
  const pixels = new Uint8Array(picture.pixels.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = symmetry & 1 ? [y, x] : [x, y];
      const from = (symmetry & 2 ? side - 1 - v : v) * side + (symmetry & 4 ? side - 1 - u : u);
      pixels.set(picture.pixels.subarray(from * 3, from * 3 + 3), (y * side + x) * 3);
    }
  }
  return { width: side, height: side, pixels };
}

/** The position in 0 … size − 1 that a position beyond the border is the mirror image of. */
function mirrored(position: number, size: number): number {
  const around = ((position % (2 * size)) + 2 * size) % (2 * size);
  return around < size ? around : 2 * size - 1 - around;
}
