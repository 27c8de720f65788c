import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { Preprocessing } from '../imaging/preprocessing.js';
import { EvaluationMetrics } from './classification-metrics.js';
import { FitRecord } from './fit-record.js';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal');
const probability = z.number().min(0).max(1);

/** Names of the artifact's files beside `manifest.json`. */
export const ARTIFACT_FILES = ['model.json', 'weights.bin', 'model.onnx'] as const;
export type ArtifactFile = (typeof ARTIFACT_FILES)[number];

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

/** Whole hashes of 6 bytes, in base64: 8 characters each. At most 20,000 of a training and 20,000 of a fit. */
const shortHashes = z
  .string()
  .regex(/^([A-Za-z0-9+/]{8})*$/, 'is not a list of hashes of 6 bytes in base64')
  .max(8 * 40_000);

/**
 * The images that a version was trained with, and their groups (patients), so that a server without the training snapshot knows
 * whether it evaluates the version on them: the first 6 bytes of the SHA-256 of each image file, and of each name of a group (UTF-8);
 * ascending, one after the other. Images that were validated on are among them.
 */
export const TrainingData = z.strictObject({ images: shortHashes, groups: shortHashes });
export type TrainingData = z.infer<typeof TrainingData>;

/**
 * The second head: a linear map from the embedding to a score of each of the L labels of the training images, all of them and not
 * only the two classes. `server/inference/cell-types.ts` has the formula of the probabilities and says when a type is named.
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
 * Everything about a model version except its weights. It contains no name, version number, run id or time, so the same
 * snapshot, recipe and seed give the same manifest and the same digest.
 */
export const Manifest = z
  .strictObject({
    /**
     * Releases refuse a format that they do not know, with its name. '/2' may have `preprocessing.frame`, `preprocessing.trainedScale`,
     * `cellTypes`, figures of the cell types, `provenance.trainingData`, `provenance.itemCounts` and `provenance.erased`, which '/1' does not have.
     */
    format: z.enum(['cytograph-model/1', 'cytograph-model/2']),
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
    network: z.strictObject({
      name: z.string().min(1),
      /** Count of trained numbers. */
      parameters: z.int().positive(),
      /** Multiply-accumulates for one image. */
      macs: z.int().positive(),
    }),
    provenance: z.strictObject({
      snapshotDigest: sha256.nullable(),
      /** Missing in versions of more than 20,000 images and in older ones. */
      trainingData: TrainingData.optional(),
      /** How many images of the snapshot come from reviewed predictions, and how many from elsewhere. Missing if none is reviewed. */
      itemCounts: z.strictObject({ reviewed: z.int().positive(), other: z.int().nonnegative() }).optional(),
      /**
       * The items of the snapshot that were erased with their cases before the training, and the digest of those that were left.
       * Missing if none was erased.
       */
      erased: z.strictObject({ count: z.int().positive(), digestOfOthers: sha256 }).optional(),
      seed: z.int(),
      /** Every parameter of the recipe, defaults included. */
      parameters: z.record(z.string(), z.json()),
      codeRevision: z.string().nullable(),
      libraries: z.record(z.string(), z.string()),
    }),
    metrics: z.strictObject({
      validation: EvaluationMetrics,
      /**
       * Only for ensembles: `validation` is out of fold, over all patients except those of the test split. Each image is
       * scored by the member that was not trained on its patient, so the ensemble is usually more accurate.
       */
      outOfFold: z.literal(true).optional(),
      /** Metrics of the whole version, on patients that no part of it was trained on. */
      test: EvaluationMetrics.nullable(),
    }),
    /**
     * How the decision rules were fitted to a laboratory. Missing in versions that are not fits. The metrics of a fit are those of its
     * base version; those with its own rules are in `fit.figures`.
     */
    fit: FitRecord.optional(),
    /** Missing in versions made before reference images existed; these versions cannot be checked. */
    references: z.array(Reference).min(1).max(MOST_REFERENCES).optional(),
    files: z.strictObject({
      'model.json': fileDescription,
      'weights.bin': fileDescription,
      'model.onnx': fileDescription,
    }),
  })
  .superRefine((manifest, context) => {
    const { classes, positiveLabel, decisionThreshold, abstentionBand, outOfDistribution, evidence } =
      manifest;
    const { format, preprocessing, cellTypes, provenance } = manifest;
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    const dimensions = evidence.weights.length;

    manifest.references?.forEach(({ embedding }, index) => {
      if (embedding.length === dimensions) return;
      const path = `references.${index}.embedding`;
      fault(path, `has ${embedding.length} numbers, evidence.weights has ${dimensions}`);
    });
    const onlyInTwo = {
      'preprocessing.frame': preprocessing.frame,
      'preprocessing.trainedScale': preprocessing.trainedScale,
      cellTypes,
      'provenance.trainingData': provenance.trainingData,
      'provenance.itemCounts': provenance.itemCounts,
      'provenance.erased': provenance.erased,
      fit: manifest.fit,
      'metrics.validation.cellTypes': manifest.metrics.validation.cellTypes,
    };
    for (const [path, value] of Object.entries(onlyInTwo)) {
      if (format === 'cytograph-model/1' && value !== undefined)
        fault(path, `is not part of ${format}; it needs cytograph-model/2`);
    }
    if (cellTypes) {
      const { labels, weights, biases, temperature, thresholds } = cellTypes;
      if (new Set(labels).size !== labels.length) fault('cellTypes.labels', 'has a label twice');
      if (weights.length !== labels.length || weights.some((row) => row.length !== dimensions))
        fault('cellTypes.weights', `are not ${labels.length} rows of ${dimensions} numbers`);
      if (biases.length !== labels.length) fault('cellTypes.biases', `are not ${labels.length} numbers`);
      if (!labels.includes(positiveLabel)) fault('cellTypes.labels', `do not contain '${positiveLabel}'`);
      if ((temperature === undefined) !== (thresholds === undefined))
        fault('cellTypes', 'have a temperature without thresholds, or thresholds without a temperature');
      if (thresholds && thresholds.length !== labels.length)
        fault('cellTypes.thresholds', `are not ${labels.length} numbers or nulls`);
    }
    if (classes[0] === classes[1]) fault('classes', 'are the same label twice');
    if (positiveLabel !== classes[1]) fault('positiveLabel', `is not the second class, '${classes[1]}'`);
    if (
      abstentionBand[0] > Math.min(decisionThreshold, 0.5) ||
      abstentionBand[1] < Math.max(decisionThreshold, 0.5)
    ) {
      fault('abstentionBand', `does not enclose 0.5 and the decision threshold, ${decisionThreshold}`);
    }
    const isEnsemble = outOfDistribution.method === 'mahalanobis-ensemble';
    const gaussians = isEnsemble ? outOfDistribution.members : [outOfDistribution];
    const covered = gaussians.reduce((sum, { mean }) => sum + mean.length, 0);
    if (covered !== dimensions) {
      fault(
        isEnsemble ? 'outOfDistribution.members' : 'outOfDistribution.mean',
        `has ${covered} numbers${isEnsemble ? ' in its means' : ''}, evidence.weights has ${dimensions}`,
      );
    }
    gaussians.forEach(({ mean, components, variances, typicalDistance, threshold }, index) => {
      const path = isEnsemble ? `outOfDistribution.members.${index}` : 'outOfDistribution';
      if (components.some((component) => component.length !== mean.length)) {
        fault(`${path}.components`, `has a row that is not ${mean.length} numbers long`);
      }
      if (components.length !== variances.length) {
        fault(`${path}.variances`, 'are not as many as there are components');
      }
      if (typicalDistance >= threshold) fault(`${path}.threshold`, 'is not above typicalDistance');
    });
  });
export type Manifest = z.infer<typeof Manifest>;

/** The cell types that a version answers with; null if it does not know cell types or their scores are not calibrated. */
export function calibratedCellTypes({ cellTypes }: Pick<Manifest, 'cellTypes'>): CellTypes | null {
  if (cellTypes?.temperature === undefined || cellTypes.thresholds === undefined) return null;
  const { temperature, thresholds } = cellTypes;
  return { ...cellTypes, temperature, thresholds };
}

/** The name of the images that the manifest's validation metrics were measured on. */
export function validationPart({ outOfFold }: Manifest['metrics']): string {
  return outOfFold ? 'out-of-fold' : 'validation';
}

/** The manifest as the bytes of `manifest.json`: its canonical JSON (RFC 8785), UTF-8. */
export function manifestBytes(manifest: Manifest): Buffer {
  const json = canonicalize(manifest);
  if (json === undefined) throw new TypeError('A manifest that is not an object has no canonical JSON.');
  return Buffer.from(json, 'utf8');
}

/** A version's digest: SHA-256, in hexadecimal, of the manifest's canonical JSON (RFC 8785). */
export function manifestDigest(manifest: Manifest): string {
  return createHash('sha256').update(manifestBytes(manifest)).digest('hex');
}
