import { percentileOf } from './histogram.js';
import type { Preprocessing } from './preprocessing.js';
import { sumsOf } from './sums/picture-sums.js';

/** Possible problems of a picture that can be read. They are shown beside the answer and do not change it. */
export const qualityWarningCodes = [
  'BLURRED',
  'OVEREXPOSED',
  'UNDEREXPOSED',
  'LOW_CONTRAST',
  'COLOURLESS',
  'LOW_RESOLUTION',
  'STRETCHED',
] as const;
export type QualityWarning = (typeof qualityWarningCodes)[number];

// The thresholds leave a margin to three sets of good images, none of which gets a warning: Johns Hopkins (DeepAPL, 8,416),
// Hospital Clínic Barcelona (PBC, 150) and LMU Munich (AML-Cytomorphology, 150), at input sizes 128 and 224.

/** Mean squared spatial frequency; the softest good image has 0.43, and a Gaussian blur of 2 input pixels gives < 0.31. */
const SHARPNESS_AT_LEAST = 0.35;
/** Fraction of pixels at the end of the scale in all three channels; good images: at most 0.06. */
const CLIPPED_AT_MOST = 0.25;
/** 95th percentile of brightness, the empty slide, of 255; good images: at least 167. */
const SLIDE_AT_LEAST = 128;
/** Standard deviation of brightness, of 255; good images: at least 28, an empty slide almost 0. */
const CONTRAST_AT_LEAST = 16;
/** Mean difference between a pixel's strongest and weakest channel, of 255; good images: at least 19, grey ones 0. */
const COLOUR_AT_LEAST = 8;
/** How much the shorter side may be enlarged to reach the input size before too little detail is left. */
const ENLARGED_AT_MOST = 1.5;
/** Ratio of the longer side to the shorter: resizing to a square distorts the picture. Good images are square within 1 %. */
const ASPECT_RATIO_AT_MOST = 1.25;

/**
 * Checks the quality of a picture.
 *
 * @param pixels `[S, S, 3]`, RGB 0–255, after resizing and before colour correction
 * @param original width and height, before resizing, of the part of the image that the network sees
 */
export function qualityWarnings(
  pixels: Uint8Array,
  { inputSize }: Pick<Preprocessing, 'inputSize'>,
  original: { readonly width: number; readonly height: number },
): QualityWarning[] {
  const { sharpness, clipped, slide, contrast, colour } = measure(pixels, inputSize);
  const shorter = Math.min(original.width, original.height);
  const longer = Math.max(original.width, original.height);
  const found: Record<QualityWarning, boolean> = {
    BLURRED: sharpness < SHARPNESS_AT_LEAST,
    OVEREXPOSED: clipped > CLIPPED_AT_MOST,
    UNDEREXPOSED: slide < SLIDE_AT_LEAST,
    LOW_CONTRAST: contrast < CONTRAST_AT_LEAST,
    COLOURLESS: colour < COLOUR_AT_LEAST,
    LOW_RESOLUTION: inputSize / shorter > ENLARGED_AT_MOST,
    STRETCHED: longer / shorter > ASPECT_RATIO_AT_MOST,
  };
  return qualityWarningCodes.filter((warning) => found[warning]);
}

/**
 * Measures the sharpness, exposure, contrast and colour of a picture `[size, size, 3]`, RGB 0–255.
 *
 * `sharpness` is Σ (Laplacian)² / Σ |gradient|² of the brightness: the mean squared spatial frequency, per pixel². Blurring
 * lowers it; contrast has no effect on it.
 */
export function measure(pixels: Uint8Array, size: number) {
  const count = size * size;
  const { histogram, clipped, colour, curvature, slope } = sumsOf(pixels, size);
  return {
    sharpness: slope === 0 ? 0 : curvature / (slope / 4),
    clipped: clipped / count,
    slide: percentileOf(histogram, 95),
    contrast: deviationOf(histogram, count),
    colour: colour / count,
  };
}

function deviationOf(histogram: Uint32Array, count: number): number {
  const mean = histogram.reduce((sum, times, value) => sum + times * value, 0) / count;
  return Math.sqrt(histogram.reduce((sum, times, value) => sum + times * (value - mean) ** 2, 0) / count);
}
