import type { CropBox } from '../pixels/crop-box.js';
import type { EvidenceMap } from '../pixels/evidence-map.js';

/** The outputs for one image, before `interpret` turns them into an answer. */
export interface InferenceResult {
  /** The uploaded image, upright. */
  readonly image: { readonly width: number; readonly height: number; readonly mediaType: string };
  /** 'NO_CELL', 'BLURRED', … : see `server/pixels/picture-content.ts` and `server/pixels/quality.ts`. */
  readonly qualityWarnings: string[];
  /** The part of the image that the network saw, which the evidence map covers. It may reach beyond the image. */
  readonly frame: CropBox;
  /** Uncalibrated score of the positive label. */
  readonly logit: number;
  /** `[D]`: the mean of the last features. */
  readonly embedding: Float32Array;
  readonly evidence: EvidenceMap;
  /**
   * Milliseconds. `queueMs`: waiting for a thread, and on the thread for the network; `decodeMs`: from bytes to model input;
   * `inferenceMs`: running the network, an equal share of its batch.
   */
  readonly timing: { readonly queueMs: number; readonly decodeMs: number; readonly inferenceMs: number };
}
