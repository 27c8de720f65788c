import { z } from 'zod';

const fraction = z.number().min(0).max(1);

/** An estimate with its 95 % interval: the wider of two bootstraps, over groups (patients), if known, and over items. */
export const Interval = z.strictObject({ estimate: fraction, lower: fraction, upper: fraction });
export type Interval = z.infer<typeof Interval>;

const curve = z.array(z.strictObject({ x: z.number(), y: z.number() }));

/** The metrics of an evaluation. A metric is null if the items do not define it, such as the AUC with only one class. */
export const EvaluationMetrics = z.strictObject({
  itemCount: z.int().min(0),
  groupCount: z.int().min(0).nullable(),
  auc: Interval.nullable(),
  sensitivity: Interval.nullable(),
  specificity: Interval.nullable(),
  balancedAccuracy: Interval.nullable(),
  expectedCalibrationError: fraction.nullable(),
  brierScore: fraction.nullable(),
  abstentionRate: fraction.nullable(),
  confusionMatrix: z.array(
    z.strictObject({ actual: z.string(), predicted: z.string(), count: z.int().min(0) }),
  ),
  /** x: 1 − specificity, y: sensitivity. */
  rocCurve: curve,
  /** x: mean predicted probability of a bin, y: observed fraction of the positive label in it. */
  reliabilityCurve: curve,
});
export type EvaluationMetrics = z.infer<typeof EvaluationMetrics>;
