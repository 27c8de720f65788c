import { z } from 'zod';

const fraction = z.number().min(0).max(1);

/** An estimate with its 95 % interval: the wider of two bootstraps, over groups (patients), if known, and over items. */
export const Interval = z.strictObject({ estimate: fraction, lower: fraction, upper: fraction });
export type Interval = z.infer<typeof Interval>;

const curve = z.array(z.strictObject({ x: z.number(), y: z.number() }));

/**
 * How well a version names cell types. An answer names a type if it is classified and the type reaches its threshold, so the figures are of
 * the answers that people see. Images without a named type count as well. Intervals are Wilson's, over images.
 */
export const CellTypeMetrics = z.strictObject({
  itemCount: z.int().min(0),
  /** The labels of the version, then other labels of the images, which the version does not know. */
  types: z.array(
    z.strictObject({
      label: z.string(),
      /** Images of this type. */
      itemCount: z.int().min(0),
      /** Images that are named so. */
      namedCount: z.int().min(0),
      /** Area under the ROC curve of the type's probability, this type against all others. Null unless there are both. */
      auc: fraction.nullable(),
      /** The share of the type's images that are named so. Null without images of the type, and for an unknown label. */
      sensitivity: Interval.nullable(),
      /** The share of the images named so that are of this type. Null if no image is named so. */
      precision: Interval.nullable(),
    }),
  ),
  /** `predicted` is the named type; null if none is named. Combinations that do not occur are omitted. */
  confusionMatrix: z.array(
    z.strictObject({ actual: z.string(), predicted: z.string().nullable(), count: z.int().positive() }),
  ),
});
export type CellTypeMetrics = z.infer<typeof CellTypeMetrics>;

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
  /** Missing if the version does not know cell types, or the items have no label among them except the positive one. */
  cellTypes: CellTypeMetrics.optional(),
});
export type EvaluationMetrics = z.infer<typeof EvaluationMetrics>;
