import type { Logger } from 'pino';
import type { Artifact } from '../server/artifact/artifact.js';
import type { EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import { UnreadableImageError } from '../server/imaging/unreadable-image.js';
import { type InferencePool, openInferencePool } from '../server/inference/pool.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { readStoredImage, StoredImageError } from '../server/storage/stored-images.js';
import { EvaluationError } from './evaluation-error.js';
import { withCellTypes } from './measure-cell-types.js';
import { evaluate } from './measure-scores.js';
import { type Answered, scoreOf } from './score.js';

/** A labelled image that a model is measured on. */
export interface LabelledImage {
  /** Names the image in an error. */
  key: string;
  label: string;
  /** Patient or slide, the unit of the bootstrap; null if unknown. */
  group: string | null;
  imageSha256: string;
}

/** What a model is measured on. */
export interface MeasuredItems {
  /** Labelled images in a fixed order: the intervals depend on it. */
  items: AsyncIterable<LabelledImage> | Iterable<LabelledImage>;
  /** Holds the images by their SHA-256. */
  store: Pick<ObjectStore, 'get'>;
}

export interface MeasuringRoom {
  /** The number of worker threads that score the images. */
  threads: number;
  log: Logger;
  /** Called after each image with the number of images that are done. */
  onProgress: (done: number) => void;
}

const MODEL = 'model';

/** Images in progress for each thread: some are read from the store while others are decoded and scored. */
const AHEAD = 4;

/** What was measured. */
export interface Measured {
  metrics: EvaluationMetrics;
  /** The answer for each image, in the order of the items. */
  answers: Answered[];
}

/**
 * Evaluates a model on labelled images with the serving engine, so that the metrics describe what clinicians get. Only a
 * few images are in memory at a time; one answer is kept for each. The bootstrap uses the model's seed, so the same model
 * and images always give exactly the same metrics.
 *
 * Throws EvaluationError when an image is missing or unreadable, because metrics without it would describe another set of
 * images; ModelLoadError; ObjectStoreError; and the reason of `signal` when it aborts.
 */
export async function measureModel(
  { manifest, onnx }: Pick<Artifact, 'manifest' | 'onnx'>,
  { items, store }: MeasuredItems,
  { threads, log, onProgress }: MeasuringRoom,
  signal: AbortSignal,
): Promise<Measured> {
  const inFlight = threads * AHEAD;
  // One image per run, so that its score does not depend on the other images of a batch.
  const pool = openInferencePool({ threads, queueLimit: inFlight, maxBatch: 1, log });
  const answers: Answered[] = [];
  let done = 0;
  try {
    await pool.load(MODEL, manifest, onnx);
    await forEachAtOnce(items, inFlight, signal, async (item, index) => {
      answers[index] = scoreOf(manifest, await inferItem(pool, store, item), {
        isPositive: item.label === manifest.positiveLabel,
        group: item.group,
        cellTypeLabel: item.label,
      });
      onProgress(++done);
    });
  } finally {
    await pool.close();
  }
  const metrics = evaluate(answers, { classes: manifest.classes, seed: manifest.provenance.seed });
  return {
    metrics: withCellTypes(metrics, answers, manifest.cellTypes?.labels, manifest.positiveLabel),
    answers,
  };
}

async function inferItem(pool: InferencePool, store: Pick<ObjectStore, 'get'>, item: LabelledImage) {
  try {
    return await pool.infer(MODEL, await readStoredImage(store, item.imageSha256));
  } catch (error) {
    if (!(error instanceof StoredImageError) && !(error instanceof UnreadableImageError)) throw error;
    throw new EvaluationError(`The image '${item.key}' cannot be evaluated: ${error.message}`, {
      cause: error,
    });
  }
}

/** Processes `items`, at most `atOnce` at a time, numbered from 0. After a failure no further item is started. */
async function forEachAtOnce<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: number,
  signal: AbortSignal,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const queue = numbered(items);
  const lane = async () => {
    for await (const [index, item] of queue) {
      signal.throwIfAborted();
      await work(item, index);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

async function* numbered<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
): AsyncGenerator<[index: number, item: Item], void> {
  let index = 0;
  for await (const item of items) yield [index++, item];
}
