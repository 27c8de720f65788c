import { type CropBox, cropBox } from './crop-box.js';
import type { Preprocessing } from './preprocessing.js';
import { type QualityWarning, qualityWarnings } from './quality.js';
import { whiteBalance } from './white-balance.js';

export interface PreparedPixels {
  /** `[S, S, 3]`, RGB 0–255: cropped, resized and colour-corrected. */
  readonly pixels: Uint8Array;
  readonly qualityWarnings: QualityWarning[];
}

/**
 * Prepares a decoded picture for a network: crops, resizes, checks the quality, and corrects the colours, in this order.
 *
 * @param picture width and height in pixels, upright
 * @param resize returns the pixels `[size, size, 3]`, RGB 0–255, of the part `box` of the picture. The array is changed.
 */
export async function preparePixels(
  picture: { readonly width: number; readonly height: number },
  preprocessing: Preprocessing,
  resize: (box: CropBox, size: number) => Promise<Uint8Array>,
): Promise<PreparedPixels> {
  return preparePart(cropWithin({ left: 0, top: 0, ...picture }, preprocessing), preprocessing, resize);
}

/** The part of a picture, or of a part of one, that the network sees. */
export function cropWithin({ left, top, width, height }: CropBox, { crop = 1 }: Preprocessing): CropBox {
  const inside = cropBox(width, height, crop);
  return { ...inside, left: left + inside.left, top: top + inside.top };
}

/** Prepares the part `box` of a picture as {@link preparePixels} does, but without cropping it. */
export async function preparePart(
  box: CropBox,
  preprocessing: Preprocessing,
  resize: (box: CropBox, size: number) => Promise<Uint8Array>,
): Promise<PreparedPixels> {
  const { inputSize, colour } = preprocessing;
  const pixels = await resize(box, inputSize);
  const warnings = qualityWarnings(pixels, preprocessing, box);
  if (colour.kind === 'white-balance') whiteBalance(pixels, colour);
  return { pixels, qualityWarnings: warnings };
}
