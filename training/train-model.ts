import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { type Artifact, sealArtifact } from '../server/artifact/artifact.js';
import { describeNetwork } from '../server/artifact/export-onnx.js';
import type { EvaluationMetrics } from '../server/artifact/metrics.js';
import type { SnapshotItem } from '../server/features/datasets/snapshot-items.js';
import type { Split } from '../server/features/datasets/groups-csv.js';
import type { TrainingParameters } from '../server/features/training/parameters.js';
import type { EpochFigures } from '../server/features/training/run-lifecycle.js';
import type { Preprocessing } from '../server/imaging/preprocessing.js';
import { calibratedProbability, interpret, type Rules } from '../server/inference/interpret.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { calibrate } from './calibrate.js';
import type { Augmentation } from './dataset/augment.js';
import { openPixelCache } from './dataset/pixel-cache.js';
import { splitItems } from './dataset/split.js';
import { abstentionBand, decisionThreshold } from './decide.js';
import { checkParity, exportModel } from './export-model.js';
import { fit } from './fit.js';
import { codeRevision, libraryVersions } from './libraries.js';
import { evaluate } from './metrics.js';
import type { CardFacts } from './model-card.js';
import { architectureFor, buildNetwork, NETWORK_NAME } from './network.js';
import { fitOutOfDistribution } from './out-of-distribution.js';
import { type Scores, scoreImages } from './score-images.js';
import type { TensorFlow } from './tensorflow.js';
import { TrainingDataError } from './training-data-error.js';

/** Raise it when the same parameters, data and seed begin to train in another way: older checkpoints are then left alone. */
const RECIPE = 1;

/** Ready for the stained smear that white balance leaves: bright, its green the darkest where there is a nucleus. */
const NORMALISATION: Pick<Preprocessing, 'mean' | 'std'> = { mean: [0.78, 0.73, 0.81], std: [0.2, 0.2, 0.2] };
const WHITE_BALANCE: Preprocessing['colour'] = { kind: 'white-balance', percentile: 95, target: 240 };

/** As far as stains, lamps and magnifications of different laboratories lie apart. */
const AUGMENTATION: Augmentation = { shift: 0.08, scale: 1.25, colour: 0.3, illumination: 0.25 };

/** Images of the validation split that the ONNX export is held to TensorFlow.js on. */
const PARITY_IMAGES = 64;

/** What is trained on what. */
export interface TrainingTask {
  /** All items of the snapshot, in the order of their keys. */
  items: readonly SnapshotItem[];
  snapshotDigest: string;
  positiveLabel: string;
  parameters: TrainingParameters;
  seed: number;
}

/** What it is trained with. */
export interface TrainingRoom {
  tf: TensorFlow;
  /** Holds the images. */
  store: Pick<ObjectStore, 'get'>;
  /** Prepared images are kept here, for later runs too. */
  cacheFolder: string;
  checkpointPath: string;
  log: Logger;
}

export interface TrainingReports {
  /** The share of the whole that is done, 0..1; often. */
  onProgress(share: number): Promise<void>;
  onEpoch(figures: EpochFigures, share: number): Promise<void>;
}

export interface TrainedModel {
  artifact: Artifact;
  /** By split; no test metrics where there is no test split. */
  metrics: { validation: EvaluationMetrics; test: EvaluationMetrics | null };
  card: Omit<CardFacts, 'modelName' | 'snapshot'>;
}

/** Decoding, the epochs, and what comes after them: how the progress is divided. */
const CACHED = 0.1;
const FITTED = 0.95;

/**
 * From a snapshot's images to a model's artifact: splits by group, prepares every image once, trains, calibrates and
 * decides on the validation split, evaluates, exports and holds the ONNX form to TensorFlow.js.
 *
 * Goes on from the checkpoint of an earlier attempt. The same task gives the same artifact on the same machine, resumed or
 * not. Throws TrainingDataError for what the person who started it can mend; stops with the reason of `signal`.
 */
export async function trainModel(
  room: TrainingRoom,
  task: TrainingTask,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<TrainedModel> {
  const { tf, store, log } = room;
  const { items, snapshotDigest, parameters, seed } = task;
  const classes = classesOf(task);
  const isPositive = items.map(({ label }) => label === task.positiveLabel);
  const chosen = splitItems(
    items.map((item, index) => ({ ...item, label: classes[Number(isPositive[index])] ?? item.label })),
    { seed, validationShare: parameters.validationShare, testShare: parameters.testShare },
  );
  const indicesOf = (split: Split) => items.flatMap((_, index) => (chosen[index] === split ? [index] : []));
  const [train, validation, test] = [indicesOf('train'), indicesOf('validation'), indicesOf('test')];

  const preprocessing: Preprocessing = {
    inputSize: parameters.inputSize,
    colour: parameters.whiteBalance ? WHITE_BALANCE : { kind: 'none' },
    ...NORMALISATION,
  };
  const cache = await openPixelCache(
    room.cacheFolder,
    { store, snapshotDigest, items, preprocessing },
    (share) => reports.onProgress(CACHED * share),
    signal,
  );
  try {
    log.info(
      `Training on ${train.length} images, validating on ${validation.length}, testing on ${test.length}`,
    );
    const source = { cache, preprocessing, batchSize: parameters.batchSize };
    const architecture = architectureFor(parameters.inputSize);
    const model = buildNetwork(tf, parameters.inputSize, architecture, seed);
    const whole = (share: number) => CACHED + (FITTED - CACHED) * share;
    const { bestEpoch } = await fit(
      {
        tf,
        model,
        source,
        isPositive,
        train,
        validation,
        seed,
        epochs: parameters.epochs,
        learningRate: parameters.learningRate,
        patience: parameters.patience,
        augmentation: parameters.augmentation ? AUGMENTATION : null,
        classWeights: parameters.classWeights,
        checkpointPath: room.checkpointPath,
        identity: identityOf([
          RECIPE,
          task.positiveLabel,
          snapshotDigest,
          parameters,
          seed,
          preprocessing,
          architecture,
        ]),
      },
      {
        onEpoch: async (figures) => {
          log.info(epochLine(figures));
          await reports.onEpoch(figures, whole(figures.epoch / parameters.epochs));
        },
        onProgress: (share) => reports.onProgress(whole(share)),
      },
      signal,
    );

    const files = await exportModel(tf, model);
    const parity = await checkParity(
      tf,
      model,
      files.onnx,
      source,
      validation.slice(0, PARITY_IMAGES),
      signal,
    );
    const scoresOf = (indices: readonly number[]) => scoreImages(tf, model, source, indices, signal);
    const validationScores = await scoresOf(validation);
    const rules = rulesFrom(
      classes,
      validationScores,
      validation.map((index) => isPositive[index] ?? false),
      (await scoresOf(train)).embeddings,
    );
    const judge = (indices: readonly number[], scores: Scores) =>
      evaluateScores(
        rules,
        indices.map((index) => ({
          isPositive: isPositive[index] ?? false,
          group: items[index]?.group ?? null,
        })),
        scores,
        seed,
      );
    const metrics = {
      validation: judge(validation, validationScores),
      test: test.length > 0 ? judge(test, await scoresOf(test)) : null,
    };
    model.dispose();

    const { evidence, parameters: weightCount, macs } = describeNetwork(files.modelJson, files.weights);
    const artifact = sealArtifact(
      {
        format: 'cytograph-model/1',
        positiveLabel: task.positiveLabel,
        preprocessing,
        ...rules,
        evidence,
        network: { name: NETWORK_NAME, parameters: weightCount, macs },
        provenance: {
          snapshotDigest,
          seed,
          parameters,
          codeRevision: await codeRevision(),
          libraries: libraryVersions(tf),
        },
        metrics,
      },
      files,
    );
    const splits = [
      { name: 'train', indices: train },
      { name: 'validation', indices: validation },
      { name: 'test', indices: test },
    ].map(({ name, indices }) => ({
      name,
      images: indices.length,
      positives: indices.filter((index) => isPositive[index]).length,
      groups: groupCount(indices.map((index) => items[index]?.group ?? null)),
    }));
    return { artifact, metrics, card: { splits, bestEpoch, epochs: parameters.epochs, parity } };
  } finally {
    await cache.close();
  }
}

/** [negative, positive]. The negative class is the snapshot's other label, or all others where it has several. */
function classesOf({ items, positiveLabel }: TrainingTask): [string, string] {
  const others = [...new Set(items.map(({ label }) => label))].filter((label) => label !== positiveLabel);
  const [other] = others;
  if (other === undefined || !items.some(({ label }) => label === positiveLabel)) {
    throw new TrainingDataError(
      `The snapshot needs images labelled '${positiveLabel}' and images labelled otherwise; it has ${items.length} images ` +
        `labelled ${[...new Set(items.map(({ label }) => `'${label}'`))].join(', ') || 'nothing'}.`,
    );
  }
  return [others.length === 1 ? other : `not ${positiveLabel}`, positiveLabel];
}

function epochLine({ epoch, loss, validationLoss, validationAuc, seconds }: EpochFigures): string {
  return (
    `Epoch ${epoch}: loss ${loss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ` +
    `validation AUC ${validationAuc.toFixed(4)}, ${seconds.toFixed(1)} s`
  );
}

function identityOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Everything that turns the network's outputs into an answer, from images that it was not trained on. */
function rulesFrom(
  classes: [string, string],
  validation: Scores,
  isPositive: readonly boolean[],
  trainingEmbeddings: readonly Float32Array[],
): Rules {
  const calibration = calibrate(validation.logits, isPositive);
  const probabilities = Array.from(validation.logits, (logit) => calibratedProbability(calibration, logit));
  const threshold = decisionThreshold(probabilities, isPositive);
  return {
    classes,
    calibration,
    decisionThreshold: threshold,
    abstentionBand: abstentionBand(probabilities, isPositive, threshold),
    outOfDistribution: fitOutOfDistribution(trainingEmbeddings, validation.embeddings),
  };
}

function evaluateScores(
  rules: Rules,
  truth: readonly { isPositive: boolean; group: string | null }[],
  { logits, embeddings }: Scores,
  seed: number,
): EvaluationMetrics {
  const scored = truth.map(({ isPositive, group }, position) => {
    const answer = interpret(rules, logits[position] ?? NaN, embeddings[position] ?? []);
    return {
      isPositive,
      group,
      probability: answer.probabilities[1]?.probability ?? NaN,
      calledPositive: answer.label === rules.classes[1],
      abstained: answer.outcome !== 'CLASSIFIED',
    };
  });
  return evaluate(scored, { classes: rules.classes, seed });
}

function groupCount(groups: readonly (string | null)[]): number | null {
  const known = new Set(groups.filter((group) => group !== null));
  return known.size > 0 ? known.size : null;
}
