/** A 3 × 3 matrix, by rows: red, green, blue. */
export type ColourMatrix = readonly [number, number, number, number, number, number, number, number, number];

/** Another look of a prepared image: as another microscope, stain and camera might show the same cell. */
export interface Variant {
  /** One of the 8 symmetries of the square, 0–7; 0 leaves it as it is. */
  turn: number;
  /** Above 1 the cell gets larger. Beyond the border the image is continued by its mirror image. */
  zoom: number;
  /** To the right and down, as a part of the side. */
  shift: readonly [number, number];
  /** What each channel's optical density becomes. A stain absorbs, so the slide, of density 0, stays white. */
  stain: ColourMatrix;
  /** Factor of red, green and blue: the colour of the lamp. */
  light: readonly [number, number, number];
  /** Factor about three quarters of the range, and what is added, as a part of the range. */
  contrast: number;
  brightness: number;
  /** `image + sharpness · (image − mean of the 3 × 3 pixels around)`: below 0 blurs (−1 wholly), above 0 sharpens. */
  sharpness: number;
}

/** The image itself. */
export const asItIs: Variant = {
  turn: 0,
  zoom: 1,
  shift: [0, 0],
  stain: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  light: [1, 1, 1],
  contrast: 1,
  brightness: 0,
  sharpness: 0,
};

/**
 * Writes the variant of `pixels` (uint8 `[S, S, 3]`) to `out` (the same). Colours are changed on optical densities, after
 * Beer and Lambert: dyes multiply there (Ruifrok & Johnston 2001).
 */
export function applyVariant(pixels: Uint8Array, size: number, variant: Variant, out: Uint8Array): void {
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = variant.stain;
  const [red, green, blue] = lightTables(variant);

  // The inverse map, out → in, about the centre: one of the 8 symmetries of the square, divided by the zoom.
  const { turn, zoom } = variant;
  const flip = turn & 4 ? -1 : 1;
  const cosine = [1, 0, -1, 0][turn & 3] ?? 1;
  const sine = [0, 1, 0, -1][turn & 3] ?? 0;
  const xx = (flip * cosine) / zoom;
  const xy = (flip * -sine) / zoom;
  const yx = sine / zoom;
  const yy = cosine / zoom;
  const centre = (size - 1) / 2;
  const shiftX = variant.shift[0] * size;
  const shiftY = variant.shift[1] * size;

  let position = 0;
  for (let row = 0; row < size; row++) {
    const dy = row - centre - shiftY;
    for (let column = 0; column < size; column++, position += 3) {
      const dx = column - centre - shiftX;
      const x = mirrored(xx * dx + xy * dy + centre, size);
      const y = mirrored(yx * dx + yy * dy + centre, size);
      const left = x | 0;
      const top = y | 0;
      const right = x - left;
      const bottom = y - top;
      const upper = (top * size + left) * 3;
      const step = left + 1 < size ? 3 : 0;
      const lower = upper + (top + 1 < size ? size * 3 : 0);
      const a = (1 - right) * (1 - bottom);
      const b = right * (1 - bottom);
      const c = (1 - right) * bottom;
      const d = right * bottom;
      const r = density(pixels, upper, lower, step, a, b, c, d);
      const g = density(pixels, upper + 1, lower + 1, step, a, b, c, d);
      const e = density(pixels, upper + 2, lower + 2, step, a, b, c, d);
      out[position] = lit(red, rr * r + rg * g + rb * e);
      out[position + 1] = lit(green, gr * r + gg * g + gb * e);
      out[position + 2] = lit(blue, br * r + bg * g + bb * e);
    }
  }
  if (variant.sharpness !== 0) refocus(out, size, variant.sharpness);
}

/** Natural logarithm: at 4, one of 255 levels is left to 5, and all beyond is as good as black. */
const DENSEST = 4;
const DENSITY_STEPS = 4096;

/** −ln(level / 255), for the 256 levels. */
const DENSITIES = Float32Array.from({ length: 256 }, (_, level) => -Math.log(Math.max(level, 1) / 255));

/** What each density becomes as a level, for red, green and blue. */
function lightTables({ light, contrast, brightness }: Variant) {
  const table = (factor: number) => {
    const values = new Uint8Array(DENSITY_STEPS + 1);
    for (let step = 0; step <= DENSITY_STEPS; step++) {
      const level = factor * (TRANSMISSIONS[step] ?? 0);
      values[step] = clamp(255 * (0.75 + contrast * (level - 0.75) + brightness) + 0.5);
    }
    return values;
  };
  return [table(light[0]), table(light[1]), table(light[2])] as const;
}

/** e^−density, for the densities of the tables. */
const TRANSMISSIONS = Float32Array.from({ length: DENSITY_STEPS + 1 }, (_, step) =>
  Math.exp((-DENSEST * step) / DENSITY_STEPS),
);

/** Optical density of the level between four pixels. */
function density(
  pixels: Uint8Array,
  upper: number,
  lower: number,
  step: number,
  a: number,
  b: number,
  c: number,
  d: number,
): number {
  const level =
    a * at(pixels, upper) +
    b * at(pixels, upper + step) +
    c * at(pixels, lower) +
    d * at(pixels, lower + step);
  return at(DENSITIES, (level + 0.5) | 0);
}

function lit(table: Uint8Array, value: number): number {
  const step = (value * (DENSITY_STEPS / DENSEST) + 0.5) | 0;
  return at(table, step < 0 ? 0 : step > DENSITY_STEPS ? DENSITY_STEPS : step);
}

/** In place, by sums along the rows and then down the columns; the border is continued by itself. */
function refocus(image: Uint8Array, size: number, amount: number): void {
  const width = size * 3;
  const sums = new Uint16Array(image.length);
  for (let row = 0; row < size; row++) {
    const start = row * width;
    for (let column = 0; column < width; column++) {
      const before = start + (column < 3 ? column : column - 3);
      const after = start + (column + 3 < width ? column + 3 : column);
      sums[start + column] = at(image, before) + at(image, start + column) + at(image, after);
    }
  }
  for (let index = 0; index < image.length; index++) {
    const above = index < width ? index : index - width;
    const below = index + width < image.length ? index + width : index;
    const mean = (at(sums, above) + at(sums, index) + at(sums, below)) / 9;
    const level = at(image, index);
    image[index] = clamp(level + amount * (level - mean) + 0.5);
  }
}

function at(values: Uint8Array | Uint16Array | Float32Array, index: number): number {
  return values[index] ?? 0;
}

function mirrored(position: number, size: number): number {
  const last = size - 1;
  const inside = position < 0 ? -position : position > last ? 2 * last - position : position;
  return inside < 0 ? 0 : inside > last ? last : inside;
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
