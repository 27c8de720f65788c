import { z } from 'zod';
import { EvaluationMetrics } from '../../artifact/classification-metrics.js';
import { Rates } from '../../artifact/fit-record.js';

const fraction = z.number().min(0).max(1);

/** Figures of the fitted cells with one version's rules. */
export const FitMetrics = EvaluationMetrics.extend({
  decisionThreshold: fraction,
  abstentionBand: z.array(fraction),
  selectiveError: fraction.nullable(),
  selectiveErrorCurve: z.array(z.strictObject({ x: fraction, y: fraction })),
  scoreDistribution: z.array(
    z.strictObject({ from: fraction, negative: z.int().min(0), positive: z.int().min(0) }),
  ),
});
export type FitMetrics = z.infer<typeof FitMetrics>;

/** The figures of a fit, as its row records them. */
export const FitFigures = z.strictObject({
  /** With the final labels. */
  before: FitMetrics,
  after: FitMetrics,
  /** After minus before. Null for fits of releases that did not record it. */
  difference: Rates.nullable().default(null),
  /** With the first label of each cell, also of those that a second look left out; null if no label was changed and no cell left out. */
  original: z.strictObject({ before: FitMetrics, after: FitMetrics }).nullable(),
  /** Whether there are enough patients for intervals. If not, they are from 0 to 1. */
  hasIntervals: z.boolean(),
  /** Whether the fit is better than its base by more than chance. */
  isClearlyBetter: z.boolean(),
  /** How the figures were measured, and what limits them, as sentences. */
  notes: z.array(z.string()),
});
export type FitFigures = z.infer<typeof FitFigures>;
