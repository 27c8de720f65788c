import { scratch } from './scratch.js';
import type { WorkingImage } from './working-image.js';

/** How strongly each pixel of a working image is stained; each plane is `[height, width]`, in natural logarithms. */
export interface Stain {
  readonly width: number;
  readonly height: number;
  /**
   * Optical density in red minus that in blue. The dye of nuclei (azure B) absorbs red light most; haemoglobin and eosin absorb
   * blue and green light. Red cells have −0.1 to 0.1, nuclei 0.2 to 1.2, on the slides of three laboratories.
   */
  readonly dye: Float32Array;
  /** Optical density in green, in which all stained parts of a smear absorb: 0 for the empty slide. */
  readonly green: Float32Array;
  /** Optical density in red. */
  readonly red: Float32Array;
  /** The level of the empty slide in green, 0–255. */
  readonly slide: number;
}

/** Pixels that are darker than this in all channels (0–255) are opaque: the frame of an eyepiece, print, dirt. */
const OPAQUE_BELOW = 30;
/** Pictures with at least this ratio of differences between neighbours to those between any pixels show noise. */
const NOISE_AT_LEAST = 0.1;
/** Greenish: less density in green than in both other colours, by this much. A smear has at most this part of such pixels. */
const GREENISH_BY = 0.1;
const GREENISH_AT_MOST = 0.015;
/** Added to grey levels before the logarithm, so that the noise of dark pixels stays small. */
const DARK_LEVEL = 4;
const LOGARITHMS = new Float32Array(256);
for (let level = 0; level < 256; level++) LOGARITHMS[level] = Math.log(level + DARK_LEVEL);

/**
 * Measures the stain by the law of Beer and Lambert: the optical density is the logarithm of the light of the empty slide over the
 * light of the pixel (Ruifrok and Johnston 2001), here the mean of 3 × 3 pixels. Dividing by the slide removes the colour
 * of the lamp and the white balance of the camera. Opaque pixels count as empty slide.
 */
export function measureStain({ width, height, pixels }: WorkingImage): Stain {
  const slide = slideColour(pixels);
  const logRed = Math.log(slide.red + DARK_LEVEL);
  const logGreen = Math.log(slide.green + DARK_LEVEL);
  const logBlue = Math.log(slide.blue + DARK_LEVEL);
  const count = width * height;
  const dye = scratch.float32(count);
  const green = scratch.float32(count);
  const red = scratch.float32(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const redLevel = pixels[at++] ?? 0;
    const greenLevel = pixels[at++] ?? 0;
    const blueLevel = pixels[at++] ?? 0;
    if (redLevel < OPAQUE_BELOW && greenLevel < OPAQUE_BELOW && blueLevel < OPAQUE_BELOW) continue;
    const redDensity = logRed - (LOGARITHMS[redLevel] ?? 0);
    red[index] = redDensity;
    green[index] = logGreen - (LOGARITHMS[greenLevel] ?? 0);
    dye[index] = redDensity - logBlue + (LOGARITHMS[blueLevel] ?? 0);
  }
  const smooth = (plane: Float32Array) => smoothed(plane, width, height);
  return { width, height, dye: smooth(dye), green: smooth(green), red: smooth(red), slide: slide.green };
}

/**
 * The colour of the empty slide: the mean colour of the brightest mode of green that is at least a quarter as frequent as the most
 * frequent one.
 *
 * @param pixels RGB 0–255
 */
export function slideColour(pixels: Uint8Array): { red: number; green: number; blue: number } {
  const bins = 64;
  const counts = scratch.float64(bins);
  const reds = scratch.float64(bins);
  const greens = scratch.float64(bins);
  const blues = scratch.float64(bins);
  for (let at = 0; at < pixels.length; at += 3) {
    const green = pixels[at + 1] ?? 0;
    const bin = green >> 2;
    counts[bin] = (counts[bin] ?? 0) + 1;
    reds[bin] = (reds[bin] ?? 0) + (pixels[at] ?? 0);
    greens[bin] = (greens[bin] ?? 0) + green;
    blues[bin] = (blues[bin] ?? 0) + (pixels[at + 2] ?? 0);
  }
  const around = (sums: Float64Array, bin: number) =>
    (sums[bin - 1] ?? 0) + (sums[bin] ?? 0) + (sums[bin + 1] ?? 0);
  let most = 0;
  for (let bin = 0; bin < bins; bin++) most = Math.max(most, around(counts, bin));
  let mode = bins - 1;
  while (mode > 0 && around(counts, mode) < most / 4) mode--;
  while (mode > 0 && around(counts, mode - 1) > around(counts, mode)) mode--;
  const count = Math.max(1, around(counts, mode));
  return {
    red: around(reds, mode) / count,
    green: around(greens, mode) / count,
    blue: around(blues, mode) / count,
  };
}

/** The mean of 3 × 3 values; at the border of the picture the nearest values count twice. */
function smoothed(plane: Float32Array, width: number, height: number): Float32Array {
  const means = scratch.float32(plane.length);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    let centre = (plane[start + above] ?? 0) + (plane[start] ?? 0) + (plane[start + below] ?? 0);
    let left = centre;
    const last = start + width - 1;
    for (let index = start; index < last; index++) {
      const next = index + 1;
      const right = (plane[next + above] ?? 0) + (plane[next] ?? 0) + (plane[next + below] ?? 0);
      means[index] = (left + centre + right) / 9;
      left = centre;
      centre = right;
    }
    means[last] = (left + 2 * centre) / 9;
  }
  return means;
}

/**
 * Whether neighbouring pixels are hardly more alike than any two pixels: then the picture shows noise. Half the mean squared
 * difference of neighbours over the variance (von Neumann 1941) is 1/3 for noise that was smoothed over 3 × 3 pixels, and at most 0.06
 * for the smears of three laboratories. Red cells of less than 4 pixels give the same.
 */
export function isNoise({ width, green }: Stain): boolean {
  let sum = 0;
  let squares = 0;
  let differences = 0;
  for (let index = 1; index < green.length; index++) {
    const value = green[index] ?? 0;
    const difference = index % width === 0 ? 0 : value - (green[index - 1] ?? 0);
    sum += value;
    squares += value * value;
    differences += difference * difference;
  }
  return differences / 2 > NOISE_AT_LEAST * (squares - (sum * sum) / green.length);
}

/**
 * Whether the picture is full of colours that no smear has: azure B, eosin and haemoglobin all absorb green light most, so the smears of
 * three laboratories have no greenish pixel at all; coloured noise has 2 to 30 % of them.
 */
export function hasForeignColours({ dye, green, red }: Stain): boolean {
  let greenish = 0;
  for (let index = 0; index < green.length; index++) {
    const limit = (green[index] ?? 0) + GREENISH_BY;
    const redDensity = red[index] ?? 0;
    if (redDensity > limit && redDensity - (dye[index] ?? 0) > limit) greenish++;
  }
  return greenish > GREENISH_AT_MOST * green.length;
}
