import type { Random } from '../../server/imaging/seeded-random.js';

/** How far a training image is changed. A change never depends on the label, and keeps what makes the cell what it is. */
export interface Augmentation {
  /** Largest shift, as a part of the image's side. */
  shift: number;
  /** Largest change of scale, as a factor: 1.25 means from 0.8 to 1.25. Microscopes differ in it. */
  scale: number;
  /** Largest change of each colour channel's gain and exponent, and of the colour's strength, as a part of it. */
  colour: number;
  /** Largest change of brightness and contrast, as a part of the range. */
  illumination: number;
}

/**
 * One drawn variant of a prepared image: a flip and quarter turn, a shift and change of scale, then a change of stain
 * colour and of illumination. Reads `pixels` (uint8 `[S, S, 3]`), writes `out` (uint8 `[S, S, 3]`).
 *
 * Beyond the border the image is continued by its mirror image: a plain border would itself be a pattern.
 */
export function augment(
  pixels: Uint8Array,
  size: number,
  settings: Augmentation,
  random: Random,
  out: Uint8Array,
): void {
  const tables = colourTables(settings, random);
  const saturation = 1 + settings.colour * random.between(-1, 1);
  const zoom = settings.scale ** random.between(-1, 1);
  const turn = random.below(8);
  const shiftX = settings.shift * size * random.between(-1, 1);
  const shiftY = settings.shift * size * random.between(-1, 1);

  // The inverse map, out → in, about the centre: one of the 8 symmetries of the square, divided by the zoom.
  const flip = turn & 4 ? -1 : 1;
  const cosine = [1, 0, -1, 0][turn & 3] ?? 1;
  const sine = [0, 1, 0, -1][turn & 3] ?? 0;
  const xx = (flip * cosine) / zoom;
  const xy = (flip * -sine) / zoom;
  const yx = sine / zoom;
  const yy = cosine / zoom;
  const centre = (size - 1) / 2;

  let at = 0;
  for (let row = 0; row < size; row++) {
    const dy = row - centre - shiftY;
    for (let column = 0; column < size; column++, at += 3) {
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
      const red = sample(pixels, tables.red, upper, lower, step, a, b, c, d);
      const green = sample(pixels, tables.green, upper + 1, lower + 1, step, a, b, c, d);
      const blue = sample(pixels, tables.blue, upper + 2, lower + 2, step, a, b, c, d);
      const grey = (red + green + blue) / 3;
      out[at] = clamp(grey + saturation * (red - grey) + 0.5);
      out[at + 1] = clamp(grey + saturation * (green - grey) + 0.5);
      out[at + 2] = clamp(grey + saturation * (blue - grey) + 0.5);
    }
  }
}

/** What each of a channel's 256 values becomes: `brightness + contrast · gain · value^exponent`, on 0..1. */
function colourTables({ colour, illumination }: Augmentation, random: Random) {
  const contrast = 1 + illumination * random.between(-1, 1);
  const brightness = (illumination / 2) * random.between(-1, 1);
  const common = (1 + colour) ** random.between(-1, 1);
  const table = () => {
    const gain = 1 + (colour / 2) * random.between(-1, 1);
    const exponent = common * (1 + colour) ** random.between(-1, 1);
    const values = new Float32Array(256);
    for (let value = 0; value < 256; value++) {
      const level = gain * (value / 255) ** exponent;
      values[value] = 255 * (0.75 + contrast * (level - 0.75) + brightness);
    }
    return values;
  };
  return { red: table(), green: table(), blue: table() };
}

function sample(
  pixels: Uint8Array,
  table: Float32Array,
  upper: number,
  lower: number,
  step: number,
  a: number,
  b: number,
  c: number,
  d: number,
): number {
  return (
    a * at(table, at(pixels, upper)) +
    b * at(table, at(pixels, upper + step)) +
    c * at(table, at(pixels, lower)) +
    d * at(table, at(pixels, lower + step))
  );
}

function at(values: Uint8Array | Float32Array, index: number): number {
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
