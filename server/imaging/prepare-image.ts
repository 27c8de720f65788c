import { cropBox } from './crop-box.js';
import type { FileWarning } from './inspection.js';
import { normaliser } from './normaliser.js';
import { type ImageHeader, openImage } from './open-image.js';
import type { Preprocessing } from './preprocessing.js';
import { type QualityWarning, qualityWarnings } from './quality.js';
import { whiteBalance } from './white-balance.js';

export interface PreparedImage extends ImageHeader {
  /** `[S, S, 3]`, RGB 0–255: resized and corrected in colour, as every network trained with this preprocessing sees it. */
  readonly pixels: Uint8Array;
  /** Of the file, and of the picture that the network sees. */
  readonly qualityWarnings: (FileWarning | QualityWarning)[];
}

/**
 * From an upload's bytes to the pixels a network looks at. Deterministic: the same bytes and preprocessing give the same
 * pixels, in training and in serving. Throws UnreadableImageError with a sentence that says what would be right.
 */
export async function prepareImage(bytes: Uint8Array, preprocessing: Preprocessing): Promise<PreparedImage> {
  const { crop = 1, inputSize, colour } = preprocessing;
  const { header, warnings, pipeline } = await openImage(bytes);
  const seen = cropBox(header.width, header.height, crop);
  const pixels = await pipeline
    .extract(seen)
    .resize(inputSize, inputSize, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  const ofPicture = qualityWarnings(pixels, preprocessing, seen);
  if (colour.kind === 'white-balance') whiteBalance(pixels, colour);
  return { ...header, pixels, qualityWarnings: [...warnings(), ...ofPicture] };
}

/**
 * Pixels `[S, S, 3]`, 0–255, as network input: (pixel / 255 − mean) / std, by channel.
 *
 * @param out where to write, for instance an image's part of a batch; by default a new array
 */
export function normalise(
  pixels: Uint8Array,
  preprocessing: Pick<Preprocessing, 'mean' | 'std'>,
  out: Float32Array = new Float32Array(pixels.length),
): Float32Array {
  normaliser(preprocessing)(pixels, out);
  return out;
}
