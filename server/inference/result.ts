import type { EvidenceMap } from '../imaging/evidence-map.js';

/** What one image gave, before `interpret` turns it into an answer. */
export interface InferenceResult {
  /** Of the image as uploaded, upright. */
  readonly image: { readonly width: number; readonly height: number; readonly mediaType: string };
  /** 'BLURRED', 'OVEREXPOSED', … : see `server/imaging/quality.ts`. */
  readonly qualityWarnings: string[];
  /** Uncalibrated score of the positive label. */
  readonly logit: number;
  /** `[D]`: the averaged last features. */
  readonly embedding: Float32Array;
  readonly evidence: EvidenceMap;
  /**
   * Milliseconds: waiting, first for a thread and then there for the network; bytes to model input; and the network (an equal
   * share of its batch).
   */
  readonly timing: { readonly queueMs: number; readonly decodeMs: number; readonly inferenceMs: number };
}
