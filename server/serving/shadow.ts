import type { PredictionOutcome } from '../database/generated/enums.js';

/** What a challenger's answer is compared with. */
export interface AnsweredPrediction {
  id: string;
  modelVersionId: string;
  outcome: PredictionOutcome;
  label: string;
}

/** Shows challengers what champions have answered. */
export interface Shadow {
  /**
   * Called when a prediction has been recorded: may have the challenger answer as well, later, and record that. Never waits,
   * and never throws.
   *
   * @param bytes the image as uploaded, not to be changed afterwards
   */
  afterAnswer(prediction: AnsweredPrediction, bytes: Uint8Array): void;
  /** Resolves when nothing is being shadowed any more. */
  close(): Promise<void>;
}

/** What is counted of challengers. */
export interface ShadowMetrics {
  /** A challenger's answer was recorded. */
  shadowed(challengerId: string, agrees: boolean): void;
  /** A sampled image was not shown to the challenger, because images waited for an answer, or it gave none. */
  notShadowed(reason: 'busy' | 'failed'): void;
}
