import type { Artifact } from '../../server/artifact/artifact.js';
import type { Config } from '../../server/config.js';
import { UnreadableImageError } from '../../server/image-files/unreadable-image.js';
import { interpret } from '../../server/decision/interpret.js';
import { openInferencePool } from '../../server/inference/pool.js';
import type { InferenceResult } from '../../server/inference/result.js';
import { createLog } from '../../server/log.js';
import { type ImageKind, isField, MOST_CELLS } from '../../server/pixels/field-cells.js';
import { type Classifier, linesOfField, type PredictionColumns } from './classifier.js';

const MODEL = 'model';
/** Images in progress for each thread: some are read while others are decoded and classified. */
const IMAGES_AHEAD = 4;
/** Fields in progress for each thread. The prepared cells of each are in memory: up to 75 MB for 500 cells of 224². */
const FIELDS_AHEAD = 2;

/** Classifies with an artifact, in threads of this process. */
export async function openLocalClassifier(
  artifact: Artifact,
  config: Config,
  imageKind: ImageKind,
): Promise<Classifier> {
  const { manifest, digest } = artifact;
  const { inferenceThreads: threads, inferenceServer: server } = config;
  const ahead = threads * (imageKind === 'CELL' ? IMAGES_AHEAD : FIELDS_AHEAD);
  const queueLimit = imageKind === 'CELL' ? ahead : ahead * MOST_CELLS;
  const log = createLog(config.logLevel, process.stderr); // standard output is for the summary
  // One image per run, so that its results do not depend on the other images of a batch.
  const pool = openInferencePool({ threads, queueLimit, maxBatch: 1, server, log });
  try {
    await pool.load(MODEL, manifest, artifact.onnx);
  } catch (error) {
    await pool.close();
    throw error;
  }

  const columnsOf = (result: InferenceResult): PredictionColumns => {
    const answer = interpret(manifest, result);
    const positive = answer.probabilities.find(({ label }) => label === manifest.positiveLabel);
    return {
      outcome: answer.outcome,
      label: answer.label,
      confidence: String(answer.confidence),
      probability: String(positive?.probability ?? ''),
      outOfDistributionScore: String(answer.outOfDistributionScore),
      warnings: answer.qualityWarnings.join(' '),
      cellType: answer.cellType ?? '',
    };
  };

  /** The lines of an image, if it is a field; otherwise null. */
  const classifyField = async (bytes: Uint8Array, signal: AbortSignal) => {
    const field = await pool.reserve(MODEL, signal).prepareField(bytes, null);
    if (!isField(imageKind, field.cells.length)) return null;
    const cells = await Promise.all(
      field.cells.map(async ({ region, image }) => {
        const result = await pool.reserve(MODEL, signal).inferCell(image);
        return { region, prediction: columnsOf(result) };
      }),
    );
    return linesOfField({ cells, leftOut: field.leftOut, warnings: field.qualityWarnings });
  };

  return {
    version: digest,
    ahead,
    close: () => pool.close(),
    classify: async ({ bytes }, signal) => {
      try {
        const lines = imageKind === 'CELL' ? null : await classifyField(bytes, signal);
        return lines ?? [columnsOf(await pool.infer(MODEL, bytes, signal))];
      } catch (error) {
        if (error instanceof UnreadableImageError) return [{ error: error.message }];
        throw error;
      }
    },
  };
}
