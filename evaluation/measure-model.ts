import type { Artifact } from '../server/artifact/artifact.js';
import type { EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import { calibratedCellTypes } from '../server/decision/decision-rules.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { answerCells, type AnsweringRoom } from './answer-cells.js';
import { givingWay } from './give-way.js';
import { withCellTypes } from './measure-cell-types.js';
import { evaluateInTurns } from './measure-scores.js';
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
  artifact: Pick<Artifact, 'manifest' | 'onnx'>,
  { items, store }: MeasuredItems,
  room: AnsweringRoom,
  signal: AbortSignal,
): Promise<Measured> {
  const { classes, positiveLabel, provenance } = artifact.manifest;
  const cellTypes = calibratedCellTypes(artifact.manifest);
  const images: LabelledImage[] = [];
  for await (const { key, label, group, imageSha256 } of items)
    images.push({ key, label, group, imageSha256 });
  const answers = await answerCells(
    artifact,
    { cells: images, store },
    (answer, { label, group }) =>
      scoreOf(artifact.manifest, answer, {
        isPositive: label === positiveLabel,
        group,
        cellTypeLabel: label,
      }),
    room,
    signal,
  );
  const metrics = await evaluateInTurns(answers, { classes, seed: provenance.seed }, givingWay(signal));
  return { metrics: withCellTypes(metrics, answers, cellTypes?.labels, positiveLabel), answers };
}
