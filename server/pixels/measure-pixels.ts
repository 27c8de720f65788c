import { perceptualHash } from './perceptual-hash.js';

/** Side of the square that pictures are measured on. */
export const MEASURED_SIDE = 64;
const SIDE = MEASURED_SIDE;
/** A square of an eighth of the side in each corner shows the slide, and nothing of the cell in the middle. */
export const CORNERS_PER_SIDE = 8;
const CORNER = SIDE / CORNERS_PER_SIDE;
/** Width of the border: as wide as a frame, the end of a scale bar or a vignette, and too narrow for the cell to reach. */
const BORDER = SIDE / 32;

/** Red, green and blue, 0–255. */
export type Colour = [number, number, number];

/** Measurements of a picture's pixels. Colours and standard deviations are rounded to a tenth of a grey level. */
export interface PictureMeasurements {
  /** Mean colour of each corner: top left, top right, bottom left, bottom right. */
  corners: Colour[];
  /** Standard deviation of the colour within the corners. */
  cornerSpread: Colour;
  /** Mean and standard deviation along the four edges. */
  border: Colour;
  borderSpread: Colour;
  /** Mean and standard deviation of the whole picture. */
  colour: Colour;
  colourSpread: Colour;
  /** Standard deviation of brightness, 0–127. */
  contrast: number;
  perceptualHash: string;
}

/** Measures a picture. @param pixels `[64, 64, 3]`, RGB 0–255 */
export function measurePixels(pixels: Uint8Array): PictureMeasurements {
  const corners = [0, 1, 2, 3].map(() => new Region());
  const [border, whole] = [new Region(), new Region()];
  const brightness = new Float32Array(SIDE * SIDE);
  const near = (position: number, width: number) => position < width || position >= SIDE - width;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const index = y * SIDE + x;
      const red = pixels[3 * index] ?? 0;
      const green = pixels[3 * index + 1] ?? 0;
      const blue = pixels[3 * index + 2] ?? 0;
      brightness[index] = 0.299 * red + 0.587 * green + 0.114 * blue; // ITU-R BT.601
      whole.add(red, green, blue);
      if (near(x, BORDER) || near(y, BORDER)) border.add(red, green, blue);
      if (near(x, CORNER) && near(y, CORNER)) {
        corners[2 * Number(y >= SIDE / 2) + Number(x >= SIDE / 2)]?.add(red, green, blue);
      }
    }
  }
  const spreads = corners.map((corner) => corner.spread());
  const rootMeanSquare = (channel: 0 | 1 | 2) =>
    rounded(Math.sqrt(spreads.reduce((sum, spread) => sum + spread[channel] ** 2, 0) / spreads.length));
  return {
    corners: corners.map((corner) => corner.mean()),
    cornerSpread: [rootMeanSquare(0), rootMeanSquare(1), rootMeanSquare(2)],
    border: border.mean(),
    borderSpread: border.spread(),
    colour: whole.mean(),
    colourSpread: whole.spread(),
    contrast: deviationOf(brightness),
    perceptualHash: perceptualHash(brightness, SIDE),
  };
}

/** Sums of the pixels of a part of the picture. */
class Region {
  private count = 0;
  private readonly sums: Colour = [0, 0, 0];
  private readonly squares: Colour = [0, 0, 0];

  add(red: number, green: number, blue: number): void {
    this.count += 1;
    this.sums[0] += red;
    this.sums[1] += green;
    this.sums[2] += blue;
    this.squares[0] += red * red;
    this.squares[1] += green * green;
    this.squares[2] += blue * blue;
  }

  mean(): Colour {
    const of = (channel: 0 | 1 | 2) => rounded(this.sums[channel] / this.count);
    return [of(0), of(1), of(2)];
  }

  /** Standard deviation of each channel. */
  spread(): Colour {
    const of = (channel: 0 | 1 | 2) => {
      const mean = this.sums[channel] / this.count;
      return rounded(Math.sqrt(Math.max(0, this.squares[channel] / this.count - mean * mean)));
    };
    return [of(0), of(1), of(2)];
  }
}

function deviationOf(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return rounded(Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length));
}

/** To a tenth of a grey level: more digits carry no information and would take space in 100,000 rows. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
