import { z } from 'zod';

const fraction = z.number().min(0).max(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal');

/**
 * A figure with its 95 % interval. The estimate is null if the cells do not define it; the interval is null if there are too few
 * patients for one.
 */
const Estimate = z.strictObject({
  estimate: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});

/** Rates are at the decision threshold over all cells, also those whose answer is withheld. */
export const Rates = z.strictObject({
  sensitivity: Estimate,
  specificity: Estimate,
  balancedAccuracy: Estimate,
  expectedCalibrationError: Estimate,
  brierScore: Estimate,
  /** The share of the answers that are not withheld. */
  coverage: Estimate,
  /** The share of wrong answers among those that are not withheld. */
  selectiveError: Estimate,
});
export type Rates = z.infer<typeof Rates>;

/** How good the answers for the fitted cells are. Each cell is answered with rules that were fitted without it. */
const Figures = z.strictObject({
  /** What was left out together: the cells of a patient, or single images if the patients are unknown. */
  leftOut: z.enum(['PATIENT', 'IMAGE']),
  before: Rates,
  after: Rates,
  /** After minus before, by a paired bootstrap. */
  difference: Rates,
  /** Why there are no intervals; null if there are. */
  noInterval: z.string().nullable(),
  isClearlyBetter: z.boolean(),
});

/** Of a class: the fitted cells, and their patients (null where no patient is known). */
const ClassCount = z.strictObject({
  label: z.string(),
  cells: z.int().positive(),
  patients: z.int().positive().nullable(),
});

/** Standard deviations of a slope and an intercept. */
const Deviations = z.strictObject({ slope: z.number().positive(), intercept: z.number().positive() });

/** Whole hashes of 6 bytes, in base64, as in `provenance.trainingData`. */
const shortHashes = z.string().regex(/^([A-Za-z0-9+/]{8})*$/, 'is not a list of hashes of 6 bytes in base64');

/** How a version was derived from another one by refitting its decision rules on local cells. */
export const FitRecord = z.strictObject({
  /** The digest of the version with the same network that the fit started from. It is never itself a fit. */
  base: sha256,
  cells: z.strictObject({
    /** Of the images, labels, cell types and patients: the same cells have the same digest, in any order. */
    digest: sha256,
    /** [negative, positive]. */
    classes: z.tuple([ClassCount, ClassCount]),
    /** Cells that were left out because the base version was trained on the image, or on images of the patient. */
    excluded: z.strictObject({ trainingImages: z.int().min(0), trainingPatients: z.int().min(0) }),
    /** Labelled cells that were not fitted because the picture does not show one whole cell at a known scale. */
    withheldPictures: z.int().min(0),
    /** The images and the patients, by hashes: see `server/artifact/training-data.ts`. They count as training data. */
    trainingData: z.strictObject({ images: shortHashes, groups: shortHashes }),
  }),
  /** The share of positives among the fitted cells. */
  samplePrevalence: fraction,
  /** The share of positives that the probabilities are for: an estimate of that of the laboratory. */
  prevalence: fraction,
  /**
   * The prior of `correction`: a mixture of two Gaussians around the slope 1 and the intercept 0, with these standard deviations, one for
   * scanners like those that the base version was calibrated on, and one for others.
   */
  prior: z.strictObject({ near: Deviations, far: Deviations, farProbability: fraction }),
  /** The posterior probability of `prior.far`. */
  farProbability: fraction,
  /** logit of the probability = slope · logit of the base version's probability + intercept. */
  correction: z.strictObject({ slope: z.number().positive(), intercept: z.number() }),
  /** Whether the threshold and the abstention band are estimated on the local cells, and not only carried over. */
  isThresholdEstimated: z.boolean(),
  isBandEstimated: z.boolean(),
  /** The share of the way that the out-of-distribution mean was moved towards that of the local cells. */
  shift: fraction,
  /** For each member, the factor of its range from the typical distance to the out-of-distribution threshold. */
  widening: z.array(z.number().min(1)),
  figures: Figures,
  /** What limits the fit, as sentences: for example that the cells were not chosen at random. */
  warnings: z.array(z.string()),
});
export type FitRecord = z.infer<typeof FitRecord>;
