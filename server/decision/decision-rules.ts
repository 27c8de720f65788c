import { z } from 'zod';
import { Preprocessing } from './preprocessing.js';

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal');
const probability = z.number().min(0).max(1);

const fileDescription = z.strictObject({ sha256, byteSize: z.int().positive() });

/** Probability of the positive label = sigmoid(slope · logit + intercept): Platt 1999. */
const Calibration = z.strictObject({
  method: z.literal('platt'),
  slope: z.number().positive(),
  intercept: z.number(),
});
export type Calibration = z.infer<typeof Calibration>;

/**
 * A Gaussian over the embeddings of the training images, in the low-rank form of probabilistic PCA (Tipping & Bishop
 * 1999): K principal axes with a variance each, and one variance for all directions that remain. A full D × D precision
 * matrix would be megabytes of JSON and, from a few hundred images, mostly noise.
 * `interpret.ts` has the formula of the distance and of the score.
 */
const Gaussian = z.strictObject({
  /** `[D]`. */
  mean: z.array(z.number()).min(1),
  /** `[K, D]`, orthonormal rows: the principal axes. */
  components: z.array(z.array(z.number())),
  /** `[K]`: the variance along each axis. */
  variances: z.array(z.number().positive()),
  /** The variance along every direction that no component covers. */
  residualVariance: z.number().positive(),
  /** The distance that scores 0: the median over in-distribution images. */
  typicalDistance: z.number().min(0),
  /** The distance that scores 1; beyond it an image is out of distribution. */
  threshold: z.number().positive(),
});
export type Gaussian = z.infer<typeof Gaussian>;

/** Of one network: one Gaussian over its embedding. */
const Mahalanobis = Gaussian.extend({ method: z.literal('mahalanobis') });

/**
 * Of an ensemble: a Gaussian for each member over its own block of the embedding, the blocks one after the other in the
 * order of the members. The score is the mean of the members' scores.
 */
const MahalanobisEnsemble = z.strictObject({
  method: z.literal('mahalanobis-ensemble'),
  members: z.array(Gaussian).min(2),
});

const OutOfDistribution = z.discriminatedUnion('method', [Mahalanobis, MahalanobisEnsemble]);
export type OutOfDistribution = z.infer<typeof OutOfDistribution>;

/**
 * The second head: a linear map from the embedding to a score of each of the L labels of the training images, all of them and not
 * only the two classes. `cell-types.ts` has the formula of the probabilities and says when a type is named.
 */
const CellTypeHead = z.strictObject({
  labels: z.array(z.string().min(1)).min(3),
  /** `[L][D]`. */
  weights: z.array(z.array(z.number())),
  /** `[L]`. */
  biases: z.array(z.number()),
  /**
   * The scores are divided by it before the softmax (Guo et al. 2017). Missing, together with the thresholds, in versions that were
   * trained before scores were calibrated; such a version answers without cell types.
   */
  temperature: z.number().positive().optional(),
  /**
   * `[L]`: the lowest probability at which a label is named. Null if the label is never named, because there are too few training
   * cells or because no threshold is reliable enough: see `training/calibration/cell-type-thresholds.ts`.
   */
  thresholds: z.array(probability.nullable()).optional(),
});
type CellTypeHead = z.infer<typeof CellTypeHead>;
/** A second head whose scores are calibrated. */
export type CellTypes = Required<CellTypeHead>;

/** The cell types that a version answers with; null if it does not know cell types or their scores are not calibrated. */
export function calibratedCellTypes({
  cellTypes,
}: {
  readonly cellTypes?: CellTypeHead | undefined;
}): CellTypes | null {
  if (cellTypes?.temperature === undefined || cellTypes.thresholds === undefined) return null;
  const { temperature, thresholds } = cellTypes;
  return { ...cellTypes, temperature, thresholds };
}

/** The largest number of reference images, and the largest length of one in base64. They keep the manifest small. */
const MOST_REFERENCES = 8;
const LONGEST_REFERENCE = 64 * 1024;

/**
 * A small synthetic image and the version's results for it when the version was made. Every program that loads the version
 * computes the results again, so a release that decodes, prepares, computes or decides differently is detected before it
 * answers a request (`server/inference/references.ts`).
 */
const Reference = z.strictObject({
  /** The image file, in base64. */
  image: z.base64().min(1).max(LONGEST_REFERENCE),
  /**
   * The square around the cell, for a version that sees one, in pixels of the image. It may reach beyond the image. A release
   * that finds cells slightly differently still loads the version.
   */
  frame: z
    .strictObject({ left: z.int(), top: z.int(), width: z.int().positive(), height: z.int().positive() })
    .optional(),
  /** SHA-256 of the prepared pixels, `[S, S, 3]`. */
  pixels: sha256,
  /** The network's output for these pixels. */
  logit: z.number(),
  /** `[D]`. */
  embedding: z.array(z.number()).min(1),
  /** The results that calibration and out-of-distribution statistics give for `logit` and `embedding`. */
  probability,
  outOfDistributionScore: z.number().min(0),
});
export type Reference = z.infer<typeof Reference>;

/**
 * The parts of a manifest that turn an image into an answer, and the files with the network. The browser reads these alone.
 */
export const rulesShape = {
  /** [negative, positive]. */
  classes: z.tuple([z.string().min(1), z.string().min(1)]),
  positiveLabel: z.string().min(1),
  preprocessing: Preprocessing,
  calibration: Calibration,
  /** On the calibrated probability of the positive label: at or above it the label is the positive one. */
  decisionThreshold: probability,
  /**
   * On the same probability: from the first up to, but not at, the second the outcome is INDETERMINATE. It encloses the
   * decision threshold and one half, so that a CLASSIFIED label is both the decision and the most probable class.
   */
  abstentionBand: z.tuple([probability, probability]),
  outOfDistribution: OutOfDistribution,
  /** The last dense layer: logit = bias + weights · embedding. `grid` is [height, width] of the last features. */
  evidence: z.strictObject({
    weights: z.array(z.number()).min(1),
    bias: z.number(),
    grid: z.tuple([z.int().positive(), z.int().positive()]),
  }),
  /** Missing in versions that only learned to distinguish the two classes. */
  cellTypes: CellTypeHead.optional(),
  /** Missing in versions made before reference images existed; these versions cannot be checked. */
  references: z.array(Reference).min(1).max(MOST_REFERENCES).optional(),
  files: z.strictObject({
    'model.json': fileDescription,
    'weights.bin': fileDescription,
    'model.onnx': fileDescription,
  }),
};

/** What turns the outputs of a network into an answer. */
export interface Rules {
  readonly classes: [negative: string, positive: string];
  readonly calibration: Calibration;
  readonly abstentionBand: [low: number, high: number];
  readonly outOfDistribution: OutOfDistribution;
  readonly cellTypes?: CellTypeHead | undefined;
}
