import { z } from 'zod';
import { jpegCoding } from './jpeg-coding.js';
import { type ImageHeader, reduceImage } from './open-image.js';
import { HASH_DIGITS, perceptualHash } from './perceptual-hash.js';

/** Side of the square that measurements are taken on. */
const SIDE = 64;
/** An eighth of the side: a square in each corner of this side shows the slide, and of the cell in the middle nothing. */
const CORNER = SIDE / 8;
/** Width of the border: as wide as a frame, a scale bar's end or a vignette, and too narrow for the cell to reach into. */
const BORDER = SIDE / 32;

const Colour = z.tuple([z.number(), z.number(), z.number()]);
/** Red, green and blue, 0–255. */
export type Colour = z.infer<typeof Colour>;

/** What is measured of an image once, when its bytes are first at hand, for whatever is asked of it later. */
export const ImageMeasurements = z.object({
  /** Mean colour of each corner: top left, top right, bottom left, bottom right. */
  corners: z.array(Colour).length(4),
  /** Standard deviation of the colour within the corners. */
  cornerSpread: Colour,
  /** Mean and standard deviation along the four edges. */
  border: Colour,
  borderSpread: Colour,
  /** Mean and standard deviation of the whole image. */
  colour: Colour,
  colourSpread: Colour,
  /** Standard deviation of brightness, 0–127. */
  contrast: z.number(),
  perceptualHash: z.string().length(HASH_DIGITS),
  /** How it was compressed; null for other formats than JPEG. */
  jpeg: z
    .object({ tables: z.string(), quality: z.number(), subsampling: z.string(), progressive: z.boolean() })
    .nullable(),
});
export type ImageMeasurements = z.infer<typeof ImageMeasurements>;

/**
 * Size, kind and measurements of an image, with one decoding to its last pixel: what ingestion asks of a file before it
 * keeps it. Throws UnreadableImageError.
 */
export async function measureImage(
  bytes: Uint8Array,
): Promise<{ header: ImageHeader; measurements: ImageMeasurements }> {
  const { header, reduced } = await reduceImage(bytes, (picture) =>
    picture.resize(SIDE, SIDE, { fit: 'fill' }).raw().toBuffer(),
  );
  return { header, measurements: { ...measurePixels(reduced), jpeg: jpegCoding(bytes) } };
}

/** @param pixels `[64, 64, 3]`, RGB 0–255 */
function measurePixels(pixels: Uint8Array): Omit<ImageMeasurements, 'jpeg'> {
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

/** Sums up the pixels of a part of the image. */
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

/** To a tenth of a grey level: finer says nothing, and takes room in 100,000 rows. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
