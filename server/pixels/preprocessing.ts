import type { CellFraming } from './cell-frame.js';
import type { TrainedScale } from './trained-scale.js';

/**
 * How a picture becomes the input of a network. These settings are part of a version's manifest, and training, the server and
 * the browser execute them with the same code.
 */
export interface Preprocessing {
  /**
   * The share of the picture's width and height that the network sees, around the centre, where the cell is (above 0, at most
   * 1). Defaults to 1. Neighbouring cells differ more between laboratories than the cell does.
   */
  crop?: number | undefined;
  /** The square around the found cell that the network sees, instead of a `crop` of the picture. */
  frame?: ({ kind: 'cell' } & CellFraming) | undefined;
  /** The sizes that the version was trained for. Defaults to those of `trainedScaleOf`. */
  trainedScale?: TrainedScale | undefined;
  /** What the network sees is resized to `inputSize × inputSize` pixels. The aspect ratio of a crop is not kept. */
  inputSize: number;
  /**
   * `white-balance` scales each channel separately so that its `percentile` (0–100) becomes `target` (0–255). In a stained
   * smear the brightest pixels are the empty slide, which is white under every lamp, camera and scanner. After scaling, the
   * colours depend on the stain and no longer on the microscope.
   */
  colour: { kind: 'none' } | { kind: 'white-balance'; percentile: number; target: number };
  /** Red, green and blue, for pixels as fractions 0–1: `input = (pixel / 255 − mean) / std`. */
  mean: [number, number, number];
  /** See `mean`. */
  std: [number, number, number];
}
