import type { WorkingImage } from './working-image.js';

/** How strongly each pixel of a working image is stained; each plane is `[height, width]`. */
export interface Stain {
  readonly width: number;
  readonly height: number;
  /**
   * Optical density in red minus that in blue. The dye of the nucleus (azure B) absorbs red light; haemoglobin and eosin absorb
   * blue and green light. Red cells are near 0, nuclei are at 0.2 to 1.2.
   */
  readonly dye: Float32Array;
  /** Optical density in green, in which every stained part of a smear absorbs: 0 for the empty slide. */
  readonly density: Float32Array;
  /** Optical density in red. */
  readonly red: Float32Array;
}

/** Pixels that are darker than this in all channels (0–255) are opaque: the frame of an eyepiece, text, dirt. */
const OPAQUE_BELOW = 30;
/** Added to grey levels before the logarithm, so that noise in dark pixels stays small. */
const DARK_LEVEL = 4;
const BINS = 64;

/**
 * Measures the stain by the law of Beer and Lambert: optical density is the logarithm of the light of the empty slide over the
 * light of the pixel (Ruifrok and Johnston 2001), smoothed over 3 × 3 pixels. Dividing by the slide removes the colour of the lamp
 * and the white balance of the camera. Opaque pixels count as empty slide.
 */
export function measureStain(image: WorkingImage): Stain {
  const { width, height, pixels } = image;
  const [redSlide, greenSlide, blueSlide] = slideColour(pixels);
  const reds = densities(redSlide);
  const greens = densities(greenSlide);
  const blues = densities(blueSlide);
  const count = width * height;
  const dye = new Float32Array(count);
  const density = new Float32Array(count);
  const red = new Float32Array(count);
  let at = 0;
  for (let index = 0; index < count; index++) {
    const redLevel = pixels[at++] ?? 0;
    const greenLevel = pixels[at++] ?? 0;
    const blueLevel = pixels[at++] ?? 0;
    if (redLevel < OPAQUE_BELOW && greenLevel < OPAQUE_BELOW && blueLevel < OPAQUE_BELOW) continue;
    const redDensity = reds[redLevel] ?? 0;
    red[index] = redDensity;
    dye[index] = redDensity - (blues[blueLevel] ?? 0);
    density[index] = greens[greenLevel] ?? 0;
  }
  const scratch = new Float32Array(count);
  smooth(dye, width, height, scratch);
  smooth(density, width, height, scratch);
  smooth(red, width, height, scratch);
  return { width, height, dye, density, red };
}

/** The optical density of each grey level. */
function densities(slide: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, level) => Math.log((slide + DARK_LEVEL) / (level + DARK_LEVEL)));
}

/**
 * The colour of the empty slide: the brightest mode of green that is at least a quarter as frequent as the most frequent grey
 * level, and the mean of each channel over the pixels of that mode.
 */
export function slideColour(pixels: Uint8Array): [number, number, number] {
  const histogram = new Uint32Array(BINS);
  for (let at = 1; at < pixels.length; at += 3) {
    const bin = (pixels[at] ?? 0) >> 2;
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  }
  const frequency = (bin: number) =>
    (histogram[bin - 1] ?? 0) + (histogram[bin] ?? 0) + (histogram[bin + 1] ?? 0);
  let most = 0;
  for (let bin = 0; bin < BINS; bin++) most = Math.max(most, frequency(bin));
  let mode = BINS - 1;
  while (mode > 0 && frequency(mode) < most / 4) mode--;
  while (mode > 0 && frequency(mode - 1) > frequency(mode)) mode--;

  const sums: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let at = 0; at < pixels.length; at += 3) {
    const bin = (pixels[at + 1] ?? 0) >> 2;
    if (bin < mode - 1 || bin > mode + 1) continue;
    sums[0] += pixels[at] ?? 0;
    sums[1] += pixels[at + 1] ?? 0;
    sums[2] += pixels[at + 2] ?? 0;
    count++;
  }
  return [sums[0] / count, sums[1] / count, sums[2] / count];
}

/** Replaces each value by the mean of 3 × 3, in place; values at the border keep their own. */
function smooth(plane: Float32Array, width: number, height: number, scratch: Float32Array): void {
  for (let row = 0; row < height; row++) {
    const start = row * width;
    let left = plane[start] ?? 0;
    let centre = left;
    for (let index = start; index < start + width; index++) {
      const right = index + 1 < start + width ? (plane[index + 1] ?? 0) : centre;
      scratch[index] = left + centre + right;
      left = centre;
      centre = right;
    }
  }
  for (let row = 0; row < height; row++) {
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    for (let index = row * width; index < (row + 1) * width; index++) {
      plane[index] =
        ((scratch[index + above] ?? 0) + (scratch[index] ?? 0) + (scratch[index + below] ?? 0)) / 9;
    }
  }
}

/**
 * Whether neighbouring pixels are hardly more alike than any two pixels: the picture shows noise. Half the mean squared difference of
 * neighbours over the variance (von Neumann 1941) is 1/3 for noise smoothed over 3 × 3 pixels, and below 0.1 for a smear.
 */
export function isNoise({ width, density }: Stain): boolean {
  let [sum, squares, differences] = [0, 0, 0];
  for (let index = 1; index < density.length; index++) {
    const value = density[index] ?? 0;
    const difference = index % width === 0 ? 0 : value - (density[index - 1] ?? 0);
    sum += value;
    squares += value * value;
    differences += difference * difference;
  }
  const count = density.length;
  return differences / 2 > 0.2 * (squares - (sum * sum) / count);
}
