import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { rulesShape, sha256 } from '../decision/decision-rules.js';
import { EvaluationMetrics } from './classification-metrics.js';
import { FitRecord } from './fit-record.js';

/** Names of the artifact's files beside `manifest.json`. */
export const ARTIFACT_FILES = ['model.json', 'weights.bin', 'model.onnx'] as const;
export type ArtifactFile = (typeof ARTIFACT_FILES)[number];

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
    ...rulesShape,
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
