/** A 3 × 3 matrix, by rows: red, green, blue. */
export type ColourMatrix = readonly [number, number, number, number, number, number, number, number, number];

/** A variant of a prepared image, as another microscope, stain and camera might show the same cell. */
export interface Variant {
  /** One of the 8 symmetries of the square, 0–7; 0 leaves it as it is. */
  turn: number;
  /** Above 1 the cell gets larger. Beyond the border the image is continued by its mirror image. */
  zoom: number;
  /** To the right and down, as a part of the side. */
  shift: readonly [number, number];
  /** What each channel's optical density becomes. A stain absorbs, so the slide, of density 0, stays white. */
  stain: ColourMatrix;
  /**
   * Factor of how much darker than the white slide red, green and blue are, as levels. Above 1 a camera of high contrast, whose
   * darkest levels become 0; below 1 a pale one, where stray light covers everything.
   */
  tone: readonly [number, number, number];
  /** Factor of red, green and blue: the colour of the lamp. */
  light: readonly [number, number, number];
  /** Factor about three quarters of the range, and what is added, as a part of the range. */
  contrast: number;
  brightness: number;
  /**
   * `image + sharpness · (image − mean of the 3 × 3 pixels around)`: above 0 sharpens, below 0 blurs. At −1 every pixel is that mean, and
   * −2 takes the mean twice.
   */
  sharpness: number;
}

/** The image itself. */
export const asItIs: Variant = {
  turn: 0,
  zoom: 1,
  shift: [0, 0],
  stain: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  tone: [1, 1, 1],
  light: [1, 1, 1],
  contrast: 1,
  brightness: 0,
  sharpness: 0,
};

/** Writes the variant of `pixels` (uint8 `[S, S, 3]`) to `out` (float32 `[S, S, 3]`, levels of 0–255, not rounded). */
export type PaintVariant = (pixels: Uint8Array, variant: Variant, out: Float32Array) => void;

/**
 * Returns a function that paints variants of images of `size` × `size` pixels. It runs on every image of every epoch, so
 * its buffers are allocated once, and logarithms and powers come from tables. Colours are changed on optical densities by
 * the Beer–Lambert law (Ruifrok & Johnston 2001).
 */
export function variantPainter(size: number): PaintVariant {
  const places = { columns: axis(size), rows: axis(size) };
  const line = new Float32Array(size * 3);
  const sums = new Float32Array(size * size * 3);
  return (pixels, variant, out) => {
    place(places, size, variant);
    paint(pixels, size, places, variant, line, out);
    let { sharpness } = variant;
    for (; sharpness < -1; sharpness += 1) refocus(out, size, -1, sums);
    if (sharpness !== 0) refocus(out, size, sharpness, sums);
  };
}

/** Where each column or row of a variant lies in the image: between two of its lines, at a part of the way. */
interface Axis {
  /** Between the lines of one and of the next: in values of the image. */
  stride: number;
  before: Uint16Array;
  after: Uint16Array;
  part: Float32Array;
}

interface Places {
  columns: Axis;
  rows: Axis;
}

function axis(size: number): Axis {
  return {
    stride: 0,
    before: new Uint16Array(size),
    after: new Uint16Array(size),
    part: new Float32Array(size),
  };
}

/**
 * The inverse map, variant → image, about the centre: one of the 8 symmetries of the square, divided by the zoom. After
 * an odd number of quarter turns the columns of the variant are rows of the image.
 */
function place({ columns, rows }: Places, size: number, { turn, zoom, shift }: Variant): void {
  const flip = turn & 4 ? -1 : 1;
  const cosine = [1, 0, -1, 0][turn & 3] ?? 1;
  const sine = [0, 1, 0, -1][turn & 3] ?? 0;
  const isTurned = sine !== 0;
  placeAxis(columns, size, (isTurned ? sine : flip * cosine) / zoom, shift[0] * size);
  placeAxis(rows, size, (isTurned ? flip * -sine : cosine) / zoom, shift[1] * size);
  columns.stride = isTurned ? size * 3 : 3;
  rows.stride = isTurned ? 3 : size * 3;
}

function placeAxis({ before, after, part }: Axis, size: number, factor: number, shift: number): void {
  const centre = (size - 1) / 2;
  for (let index = 0; index < size; index++) {
    const position = mirrored(factor * (index - centre - shift) + centre, size);
    const whole = position | 0;
    before[index] = whole;
    after[index] = whole + 1 < size ? whole + 1 : whole;
    part[index] = position - whole;
  }
}

/** Steps of the tables a unit of optical density (natural logarithm), and a level. */
const DENSITY_STEPS = 1024;
const LEVEL_STEPS = 16;

/** −ln(level / 255) in steps of density, by steps of level; a level below 1 counts as 1. */
const DENSITIES = Float32Array.from(
  { length: 255 * LEVEL_STEPS + 1 },
  (_, step) => -Math.log(Math.max(step / LEVEL_STEPS, 1) / 255) * DENSITY_STEPS,
);

/** e^−density, by steps of density, as far as one of 255 levels is left. */
const TRANSMISSIONS = Float32Array.from({ length: Math.ceil(Math.log(255) * DENSITY_STEPS) + 1 }, (_, step) =>
  Math.exp(-step / DENSITY_STEPS),
);
const DARKEST = TRANSMISSIONS.length - 1;

/** The level of the slide that `tone` does not change, as a part of the range: the level that white balance gives it. */
const SLIDE = 240 / 255;

/** Places, stain, tone and light: all but the focus. `line` is room for one row, between two lines of the image. */
function paint(
  pixels: Uint8Array,
  size: number,
  { columns, rows }: Places,
  { stain, tone, light, contrast, brightness }: Variant,
  line: Float32Array,
  out: Float32Array,
): void {
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = stain;
  // The level is added + 255 · contrast · light · (SLIDE · (1 − tone) + tone · transmission), a line for each channel.
  const slope = ([0, 1, 2] as const).map((channel) => 255 * contrast * light[channel] * tone[channel]);
  const [red = 0, green = 0, blue = 0] = slope;
  const offset = ([0, 1, 2] as const).map(
    (channel) =>
      255 * (0.75 - 0.75 * contrast + brightness + contrast * light[channel] * SLIDE * (1 - tone[channel])),
  );
  const [addedRed = 0, addedGreen = 0, addedBlue = 0] = offset;
  const { stride } = columns;
  let position = 0;
  for (let row = 0; row < size; row++) {
    const lower = rows.part[row] ?? 0;
    const upper = 1 - lower;
    let above = (rows.before[row] ?? 0) * rows.stride;
    let below = (rows.after[row] ?? 0) * rows.stride;
    for (let index = 0; index < line.length; index += 3) {
      line[index] = upper * (pixels[above] ?? 0) + lower * (pixels[below] ?? 0);
      line[index + 1] = upper * (pixels[above + 1] ?? 0) + lower * (pixels[below + 1] ?? 0);
      line[index + 2] = upper * (pixels[above + 2] ?? 0) + lower * (pixels[below + 2] ?? 0);
      above += stride;
      below += stride;
    }
    for (let column = 0; column < size; column++, position += 3) {
      const right = columns.part[column] ?? 0;
      const left = 1 - right;
      const before = (columns.before[column] ?? 0) * 3;
      const after = (columns.after[column] ?? 0) * 3;
      const r = density(left * (line[before] ?? 0) + right * (line[after] ?? 0));
      const g = density(left * (line[before + 1] ?? 0) + right * (line[after + 1] ?? 0));
      const b = density(left * (line[before + 2] ?? 0) + right * (line[after + 2] ?? 0));
      out[position] = clamp(addedRed + red * transmission(rr * r + rg * g + rb * b));
      out[position + 1] = clamp(addedGreen + green * transmission(gr * r + gg * g + gb * b));
      out[position + 2] = clamp(addedBlue + blue * transmission(br * r + bg * g + bb * b));
    }
  }
}

function density(level: number): number {
  return DENSITIES[(level * LEVEL_STEPS + 0.5) | 0] ?? 0;
}

function transmission(steps: number): number {
  const step = (steps + 0.5) | 0;
  return TRANSMISSIONS[step < 0 ? 0 : step > DARKEST ? DARKEST : step] ?? 0;
}

/** Works in place, with `sums` along the rows and then down the columns. Border pixels are repeated outside the image. */
function refocus(image: Float32Array, size: number, amount: number, sums: Float32Array): void {
  const width = size * 3;
  for (let start = 0; start < image.length; start += width) {
    for (let column = 0; column < width; column++) {
      const index = start + column;
      const before = column < 3 ? index : index - 3;
      const after = column + 3 < width ? index + 3 : index;
      sums[index] = (image[before] ?? 0) + (image[index] ?? 0) + (image[after] ?? 0);
    }
  }
  const own = 1 + amount;
  const around = -amount / 9;
  for (let start = 0; start < image.length; start += width) {
    const up = start === 0 ? 0 : -width;
    const down = start + width < image.length ? width : 0;
    for (let index = start; index < start + width; index++) {
      const sum = (sums[index + up] ?? 0) + (sums[index] ?? 0) + (sums[index + down] ?? 0);
      image[index] = clamp(own * (image[index] ?? 0) + around * sum);
    }
  }
}

function mirrored(position: number, size: number): number {
  const last = size - 1;
  const inside = position < 0 ? -position : position > last ? 2 * last - position : position;
  return inside < 0 ? 0 : inside > last ? last : inside;
}

function clamp(level: number): number {
  return level < 0 ? 0 : level > 255 ? 255 : level;
}
