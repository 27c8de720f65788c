import type { PredictionOutcome } from '../database/generated/enums.js';

/** The champion's prediction that a challenger's answer is compared with. */
export interface AnsweredPrediction {
  id: string;
  modelVersionId: string;
  outcome: PredictionOutcome;
  label: string;
}

/** Sends images that champions have classified to challengers as well. */
export interface Shadow {
  /**
   * Call this after a prediction has been recorded. The challenger may then classify the image too, in the background, and its
   * answer is recorded. Returns immediately, and never throws.
   *
   * @param bytes the image as uploaded; must not be changed afterwards
   */
  afterAnswer(prediction: AnsweredPrediction, bytes: Uint8Array): void;
  /** Resolves when all work in progress has ended. */
  close(): Promise<void>;
}

/** Counters of challengers' answers. */
export interface ShadowMetrics {
  /** A challenger's answer was recorded. */
  shadowed(challengerId: string, agrees: boolean): void;
  /** A sampled image was skipped because requests were waiting ('busy'), or the challenger failed ('failed'). */
  notShadowed(reason: 'busy' | 'failed'): void;
}
