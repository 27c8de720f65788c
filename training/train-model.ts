import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { type Artifact, sealArtifact } from '../server/artifact/artifact.js';
import { describeNetwork } from '../server/artifact/export-onnx.js';
import type { Manifest, OutOfDistribution } from '../server/artifact/manifest.js';
import type { EvaluationMetrics } from '../server/artifact/metrics.js';
import type { SnapshotItem } from '../server/features/datasets/snapshot-items.js';
import type { Split } from '../server/features/datasets/groups-csv.js';
import type { TrainingParameters } from '../server/features/training/parameters.js';
import type { EpochFigures } from '../server/features/training/run-lifecycle.js';
import { calibratedProbability, type Rules } from '../server/inference/interpret.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { calibrate } from './calibrate.js';
import { openPixelCache } from './dataset/pixel-cache.js';
import { SIMULATED_SCANNERS } from './dataset/simulated-scanners.js';
import { splitItems } from './dataset/split.js';
import type { Variant } from './dataset/variant.js';
import { abstentionBand, decisionThreshold } from './decide.js';
import { checkParity, exportModel } from './export-model.js';
import { fit } from './fit.js';
import { codeRevision, libraryVersions } from './libraries.js';
import { evaluate, type Scored } from './metrics.js';
import type { CardFacts } from './model-card.js';
import { architectureFor, buildNetwork, NETWORK_NAME } from './network.js';
import { fitOutOfDistribution } from './out-of-distribution.js';
import { AUGMENTATION, preprocessingFor, RECIPE } from './recipe.js';
import { scoreOf } from './score.js';
import { type Scores, scoreImages } from './score-images.js';
import type { TensorFlow } from './tensorflow.js';
import { TrainingDataError } from './training-data-error.js';

/** Most validation images that are also scored as simulated scanners would show them: each costs as much as ten others. */
const SIMULATED_IMAGES = 1000;

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
  /** The answers for the test split, in the order of the items: as it is, and as each simulated scanner would show it. */
  answers: { scanner: string | null; scored: Scored[] }[];
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

  const preprocessing = preprocessingFor(parameters);
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
        labels: items.map(({ label }) => label),
        positiveLabel: task.positiveLabel,
        train,
        validation,
        seed,
        epochs: parameters.epochs,
        learningRate: parameters.learningRate,
        patience: parameters.patience,
        augmentation: parameters.augmentation ? AUGMENTATION : null,
        classWeights: parameters.classWeights,
        auxiliaryLabels: parameters.auxiliaryLabels,
        checkpointPath: room.checkpointPath,
        identity: identityOf([
          RECIPE,
          task.positiveLabel,
          snapshotDigest,
          parameters,
          seed,
          preprocessing,
          architecture,
          chosen,
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
    const scoresOf = (indices: readonly number[], variant: Variant | null = null) =>
      scoreImages(tf, model, source, indices, signal, variant);
    const validationScores = await scoresOf(validation);
    const heldOut = [{ indices: validation, logits: validationScores.logits }];
    if (parameters.simulatedScanners) {
      const some = thinned(validation, SIMULATED_IMAGES);
      for (const { variant } of SIMULATED_SCANNERS) {
        heldOut.push({ indices: some, logits: (await scoresOf(some, variant)).logits });
      }
    }
    const rules = rulesFrom(
      classes,
      heldOut.flatMap(({ logits }) => Array.from(logits)),
      heldOut.flatMap(({ indices }) => indices.map((index) => isPositive[index] ?? false)),
      parameters.targetSensitivity,
      fitOutOfDistribution((await scoresOf(train)).embeddings, validationScores.embeddings),
    );
    const answersFor = (indices: readonly number[], scores: Scores) =>
      answers(
        rules,
        indices.map((index) => ({
          isPositive: isPositive[index] ?? false,
          group: items[index]?.group ?? null,
        })),
        scores,
      );
    const testAnswers: TrainedModel['answers'] = [];
    if (test.length > 0) {
      testAnswers.push({ scanner: null, scored: answersFor(test, await scoresOf(test)) });
      for (const { name, variant } of SIMULATED_SCANNERS) {
        testAnswers.push({ scanner: name, scored: answersFor(test, await scoresOf(test, variant)) });
      }
    }
    const [asTheyAre] = testAnswers;
    const metrics = {
      validation: evaluate(answersFor(validation, validationScores), { classes, seed }),
      test: asTheyAre ? evaluate(asTheyAre.scored, { classes, seed }) : null,
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
    const simulated = testAnswers.flatMap(({ scanner, scored }) => {
      if (scanner === null) return [];
      const { auc, balancedAccuracy, abstentionRate } = evaluate(scored, { classes, seed, replicates: 0 });
      return {
        scanner,
        auc: auc?.estimate ?? null,
        balancedAccuracy: balancedAccuracy?.estimate ?? null,
        coverage: abstentionRate === null ? null : 1 - abstentionRate,
      };
    });
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
    return {
      artifact,
      metrics,
      answers: testAnswers,
      card: { splits, bestEpoch, epochs: parameters.epochs, parity, simulated },
    };
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
  logits: readonly number[],
  isPositive: readonly boolean[],
  targetSensitivity: number,
  outOfDistribution: OutOfDistribution,
): Rules & Pick<Manifest, 'decisionThreshold'> {
  const calibration = calibrate(logits, isPositive);
  const probabilities = logits.map((logit) => calibratedProbability(calibration, logit));
  const threshold = decisionThreshold(probabilities, isPositive, targetSensitivity);
  return {
    classes,
    calibration,
    decisionThreshold: threshold,
    abstentionBand: abstentionBand(probabilities, isPositive, threshold),
    outOfDistribution,
  };
}

function answers(
  rules: Rules & Pick<Manifest, 'decisionThreshold'>,
  truth: readonly { isPositive: boolean; group: string | null }[],
  { logits, embeddings }: Scores,
): Scored[] {
  return truth.map(({ isPositive, group }, position) => {
    const raw = { logit: logits[position] ?? NaN, embedding: embeddings[position] ?? [] };
    return scoreOf(rules, raw, { isPositive, group });
  });
}

/** At most `count` of the indices, evenly spread. */
function thinned(indices: readonly number[], count: number): number[] {
  const every = Math.max(1, Math.ceil(indices.length / count));
  return indices.filter((_, position) => position % every === 0);
}

function groupCount(groups: readonly (string | null)[]): number | null {
  const known = new Set(groups.filter((group) => group !== null));
  return known.size > 0 ? known.size : null;
}
