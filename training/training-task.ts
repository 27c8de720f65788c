import type { Logger } from 'pino';
import type { Artifact } from '../server/artifact/artifact.js';
import type { EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import type { SnapshotItem } from '../server/features/datasets/snapshot-items.js';
import type { TrainingParameters } from '../server/features/training/parameters.js';
import type { EpochFigures } from '../server/features/training/run-lifecycle.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import type { CardFacts } from './card/model-card.js';
import type { ScannerAnswers } from './card/scanner-results.js';
import type { TensorFlow } from './tensorflow/tensorflow.js';

/** What to train, and on which images. */
export interface TrainingTask {
  /** All items of the snapshot, ordered by key. */
  items: readonly SnapshotItem[];
  snapshotDigest: string;
  /** How many items come from reviewed predictions, and how many from elsewhere. Undefined: none is reviewed. */
  itemCounts?: { reviewed: number; other: number };
  /** How many items were erased since the snapshot was made, and the digest of `items`. Undefined: none. */
  erased?: { count: number; digestOfOthers: string };
  /** Keys of the items that were cut out of a field, which are as wide as what a network saw of them. Undefined: none. */
  cutOuts?: ReadonlySet<string>;
  positiveLabel: string;
  parameters: TrainingParameters;
  seed: number;
}

/** The digest of the items that are trained on: after an erasure not that of the snapshot. */
export function digestOfTrainedItems({ snapshotDigest, erased }: TrainingTask): string {
  return erased?.digestOfOthers ?? snapshotDigest;
}

/** The libraries, storage and folders that training uses. */
export interface TrainingDependencies {
  tf: TensorFlow;
  /** Holds the images. */
  store: Pick<ObjectStore, 'get'>;
  /** Folder for prepared images. Later runs on the same snapshot reuse them. */
  cacheFolder: string;
  /** Prefix of the checkpoint files. Each member writes its own. */
  checkpointPath: string;
  log: Logger;
}

/** Callbacks that receive the progress of a training run. */
export interface TrainingReports {
  /** Called often, with the share of the whole run that is done (0–1). */
  onProgress(share: number): Promise<void>;
  /**
   * Called after every epoch. Epochs are numbered across members: with 50 epochs per member, the second member's first epoch
   * is number 51.
   */
  onEpoch(figures: EpochFigures, share: number): Promise<void>;
}

/** The result of a training run. */
export interface TrainedModel {
  artifact: Artifact;
  /** Metrics of each split. `test` is null if the plan has no test split. */
  metrics: { validation: EvaluationMetrics; test: EvaluationMetrics | null };
  /** Answers for the test split, in the order of the items: for the original images, then for each simulated scanner. */
  testAnswers: ScannerAnswers[];
  /** The keys of the items of each split. The splits are named as in `namedSplits`. */
  keysBySplit: Record<string, string[]>;
  /** The facts for the model card that the manifest does not contain. */
  card: Omit<CardFacts, 'modelName' | 'snapshot'>;
}
