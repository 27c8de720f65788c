import type { PredictionOutcome } from '../database/generated/enums.js';
import type { GivenCells } from '../imaging/prepare-field.js';

/** The champion's prediction that a challenger's answer is compared with. */
export interface AnsweredPrediction {
  id: string;
  modelVersionId: string;
  outcome: PredictionOutcome;
  label: string;
}

/** The champion's prediction for one cell of a field. */
export interface AnsweredCell extends AnsweredPrediction {
  /** Left, top, width and height of the cell, in pixels of the upright image. */
  region: readonly number[];
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
  /**
   * The same for cells of one field, which were recorded together. They are found or given again, because the challenger may see
   * another part of the picture around them.
   *
   * @param cells of one version; at least one
   * @param given the cells that the champion was given; null if it found them
   */
  afterCells(cells: readonly AnsweredCell[], bytes: Uint8Array, given: GivenCells | null): void;
  /** Resolves when all images and cells in progress have ended. No further cells of a field are begun. */
  close(): Promise<void>;
}

/** Counters of challengers' answers. */
export interface ShadowMetrics {
  /** A challenger's answer was recorded. */
  shadowed(challengerId: string, agrees: boolean): void;
  /** A sampled image or cell was skipped because requests were waiting ('busy'), or the challenger failed ('failed'). */
  notShadowed(reason: 'busy' | 'failed', count?: number): void;
}
