import { createHash } from 'node:crypto';
import type { LayersModel } from '@tensorflow/tfjs-node';
import type { Calibration, Gaussian } from '../../server/decision/decision-rules.js';
import type { TrainingParameters } from '../../server/features/training/parameters.js';
import { calibrate } from '../calibration/calibrate.js';
import type { BatchSource } from '../dataset/batches.js';
import { SIMULATED_SCANNERS } from '../dataset/simulated-scanners.js';
import type { Variant } from '../dataset/variant.js';
import { type LabelScores, type NetworkReports, trainNetwork } from '../network/train-network.js';
import { architectureFor, buildNetwork } from '../network/network.js';
import { fitOutOfDistribution } from '../calibration/out-of-distribution.js';
import type { MemberPlan } from './plan-members.js';
import { augmentationFor, channelOf, RECIPE } from './recipe.js';
import { seeOnlyRed } from '../network/see-only-red.js';
import { type Scores, scoreImages } from '../network/score-images.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';

/** Most held-out images of a member that are also scored as simulated scanners show them: each costs as much as ten others. */
const SIMULATED_IMAGES = 1000;

/** The difference between the seeds of two members, so that they share no random numbers. */
const SEED_STEP = 1000;

/** One network of a version, and what it is trained on. */
export interface MemberTask {
  tf: TensorFlow;
  source: BatchSource;
  /** Of every item, in the order of the snapshot. */
  labels: readonly string[];
  positiveLabel: string;
  snapshotDigest: string;
  parameters: TrainingParameters;
  seed: number;
  plan: MemberPlan;
  /** From 0, of `parameters.members`. */
  index: number;
  checkpointPath: string;
}

/** Scores of held-out images, as they are (null) or as a simulated scanner shows them; the logits are calibrated. */
export interface HeldOutScores extends Scores {
  scanner: string | null;
  indices: readonly number[];
}

export interface TrainedMember {
  model: LayersModel;
  bestEpoch: number;
  /** Of the logit of one member among several; of a single one it changes nothing, since the version's own follows. */
  calibration: Pick<Calibration, 'slope' | 'intercept'>;
  /** Over its embeddings. Its threshold is from the held-out images as they are and as simulated scanners show them. */
  gaussian: Gaussian;
  /** Scores of the labels by its embedding; null where it did not learn to distinguish them. */
  cellTypes: LabelScores | null;
  /** By images that it was not trained on. */
  heldOut: HeldOutScores[];
}

/**
 * Trains one network on its own images, from its checkpoint if there is one, and scores the images held out from it. Stops
 * with the reason of `signal`; throws TrainingDataError.
 */
export async function trainMember(
  task: MemberTask,
  reports: NetworkReports,
  signal: AbortSignal,
): Promise<TrainedMember> {
  const { tf, source, labels, positiveLabel, parameters, index, plan } = task;
  const seed = task.seed + SEED_STEP * index;
  const architecture = architectureFor(parameters.inputSize, parameters.members);
  const model = buildNetwork(tf, parameters.inputSize, architecture, seed);
  const channel = channelOf(index, parameters);
  const { bestEpoch, cellTypes } = await trainNetwork(
    {
      tf,
      model,
      source: { ...source, channel },
      labels,
      positiveLabel,
      train: plan.train,
      validation: plan.heldOut,
      seed,
      epochs: parameters.epochs,
      learningRate: parameters.learningRate,
      patience: parameters.patience,
      augmentation: augmentationFor(parameters, channel),
      classWeights: parameters.classWeights,
      auxiliaryLabels: parameters.auxiliaryLabels,
      checkpointPath: task.checkpointPath,
      identity: identityOf([
        RECIPE,
        positiveLabel,
        task.snapshotDigest,
        parameters,
        seed,
        source.preprocessing,
        channel,
        architecture,
        plan,
      ]),
    },
    reports,
    signal,
  );
  if (channel === 'red') seeOnlyRed(tf, model);

  const scoresOf = (indices: readonly number[], variant: Variant | null = null) =>
    scoreImages(tf, model, source, indices, signal, variant);
  const heldOut: HeldOutScores[] = [
    { scanner: null, indices: plan.heldOut, ...(await scoresOf(plan.heldOut)) },
  ];
  if (parameters.simulatedScanners) {
    const some = thinned(plan.heldOut, SIMULATED_IMAGES);
    for (const { name, variant } of SIMULATED_SCANNERS) {
      heldOut.push({ scanner: name, indices: some, ...(await scoresOf(some, variant)) });
    }
  }
  const calibration = parameters.members > 1 ? calibrationOf(heldOut, task) : { slope: 1, intercept: 0 };
  return {
    model,
    bestEpoch,
    calibration,
    cellTypes,
    gaussian: fitOutOfDistribution(
      (await scoresOf(plan.train)).embeddings,
      heldOut.flatMap(({ embeddings }) => embeddings),
    ),
    heldOut: heldOut.map((scores) => ({
      ...scores,
      logits: scores.logits.map((logit) => calibration.slope * logit + calibration.intercept),
    })),
  };
}

/** Calibrates the logits, so that those of different members are comparable when they are averaged. */
function calibrationOf(
  heldOut: readonly HeldOutScores[],
  { labels, positiveLabel }: MemberTask,
): TrainedMember['calibration'] {
  const { slope, intercept } = calibrate(
    heldOut.flatMap(({ logits }) => Array.from(logits)),
    heldOut.flatMap(({ indices }) => indices.map((index) => labels[index] === positiveLabel)),
  );
  return { slope, intercept };
}

function identityOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** At most `count` of the indices, evenly spread. */
function thinned(indices: readonly number[], count: number): number[] {
  const every = Math.max(1, Math.ceil(indices.length / count));
  return indices.filter((_, position) => position % every === 0);
}
