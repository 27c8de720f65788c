import { type DecisionRules, deriveDecisionRules } from './calibration/derive-decision-rules.js';
import type { Preprocessing } from '../server/decision/preprocessing.js';
import type { CardFacts } from './card/model-card.js';
import type { BatchSource } from './dataset/batches.js';
import { openPixelCache } from './dataset/pixel-cache.js';
import { assembleNetwork } from './network/assemble-network.js';
import { measureTrainedScale } from './measure-trained-scale.js';
import { measureUsualPicture } from './measure-usual-picture.js';
import { namedSplits } from './recipe/plan-members.js';
import { planTraining, type TrainingPlan } from './recipe/plan-training.js';
import type { TrainedMember } from './recipe/train-member.js';
import { trainMembers } from './recipe/train-members.js';
import { scoreModel } from './score-model.js';
import { sealModel } from './seal-model.js';
import {
  digestOfTrainedItems,
  type TrainedModel,
  type TrainingDependencies,
  type TrainingReports,
  type TrainingTask,
} from './training-task.js';

// The share of the whole run that is done (0–1) once the images are prepared, and once the members are trained.
const PREPARED = 0.1;
const TRAINED = 0.95;

/**
 * Trains a model on a snapshot's images and returns its artifact.
 *
 * Continues from the checkpoints of an earlier attempt. The same task gives the same artifact on the same machine, resumed or
 * not. Throws TrainingDataError for problems that the person who started the run can fix, and the reason of `signal` when it
 * aborts.
 */
export async function trainModel(
  dependencies: TrainingDependencies,
  task: TrainingTask,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<TrainedModel> {
  const { tf } = dependencies;
  const { plan, images, members, rules } = await trainParts(dependencies, task, reports, signal);
  try {
    const network = await assembleNetwork(tf, plan, members, images, signal);
    const scores = await scoreModel(tf, task, plan, { model: network.model, members, rules }, images, signal);
    network.dispose();
    return {
      artifact: await sealModel(tf, task, plan, network, rules, scores),
      metrics: scores.metrics,
      testAnswers: scores.testAnswers,
      keysBySplit: keysBySplit(task, plan),
      card: {
        splits: splitsOf(task, plan),
        bestEpochs: members.map(({ bestEpoch }) => bestEpoch),
        epochs: task.parameters.epochs,
        parity: network.parity,
        results: scores.results,
      },
    };
  } finally {
    await images.cache.close();
  }
}

/** The trained networks of a version before they are joined, and the rules that follow from their held-out images. */
export interface TrainedParts {
  /** With the sizes of the cells in its preprocessing. */
  plan: TrainingPlan;
  /** The prepared images, in the order of the items. The caller closes the cache. */
  images: BatchSource;
  members: TrainedMember[];
  rules: DecisionRules;
}

/** Trains the members, measures the sizes of the cells and derives the decision rules: `trainModel` up to the joined network. */
export async function trainParts(
  dependencies: TrainingDependencies,
  task: TrainingTask,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<TrainedParts> {
  const plan = await measurePictures(dependencies, task, planTraining(task), signal);
  const images = await prepareImages(dependencies, task, plan, scaled(reports, 0, PREPARED), signal);
  try {
    const training = scaled(reports, PREPARED, TRAINED);
    const members = await trainMembers(dependencies, task, plan, images, training, signal);
    const preprocessing = await withTrainedScale(dependencies, task, plan, signal);
    const rules = deriveDecisionRules(task, plan, members);
    return { plan: { ...plan, preprocessing }, images, members, rules };
  } catch (error) {
    await images.cache.close();
    throw error;
  }
}

/**
 * The plan with the usual width of the pictures that are not only tested on, if the network sees squares around cells. Cut-outs of
 * fields are not measured: they are as wide as what a network saw of them.
 */
export async function measurePictures(
  { store, log }: Pick<TrainingDependencies, 'store' | 'log'>,
  { items, cutOuts }: Pick<TrainingTask, 'items' | 'cutOuts'>,
  plan: TrainingPlan,
  signal: AbortSignal,
): Promise<TrainingPlan> {
  const { frame } = plan.preprocessing;
  if (!frame) return plan;
  const pictures = notTested(items, plan).filter(({ key }) => !cutOuts?.has(key));
  const usualPicture = await measureUsualPicture(store, pictures, signal);
  if (!usualPicture) {
    log.warn(
      { pictures: pictures.length },
      'The pictures have no usual width: too few show red cells, or they differ too much. Every picture is measured by its red cells alone',
    );
    return plan;
  }
  return { ...plan, preprocessing: { ...plan.preprocessing, frame: { ...frame, usualPicture } } };
}

/** Decodes and prepares every image of the snapshot once, or opens the cache of an earlier run. */
async function prepareImages(
  { cacheFolder, store }: TrainingDependencies,
  task: TrainingTask,
  { preprocessing }: TrainingPlan,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<BatchSource> {
  const { items, parameters } = task;
  const source = { store, snapshotDigest: digestOfTrainedItems(task), items, preprocessing };
  const cache = await openPixelCache(cacheFolder, source, (share) => reports.onProgress(share), signal);
  return { cache, preprocessing, batchSize: parameters.batchSize };
}

/** The preprocessing with the sizes of the cells that the members were trained and validated on. */
async function withTrainedScale(
  { store }: TrainingDependencies,
  { items }: TrainingTask,
  plan: TrainingPlan,
  signal: AbortSignal,
): Promise<Preprocessing> {
  const { preprocessing } = plan;
  const trainedScale = await measureTrainedScale(store, notTested(items, plan), preprocessing, signal);
  return trainedScale ? { ...preprocessing, trainedScale } : preprocessing;
}

function notTested<Item>(items: readonly Item[], { test }: TrainingPlan): Item[] {
  const ofTest = new Set(test);
  return items.filter((_, index) => !ofTest.has(index));
}

/** Reports for a part of the run, which lasts from the share `start` to the share `end` of the whole. */
function scaled(reports: TrainingReports, start: number, end: number): TrainingReports {
  const ofWhole = (share: number) => start + (end - start) * share;
  return {
    onProgress: (share) => reports.onProgress(ofWhole(share)),
    onEpoch: (figures, share) => reports.onEpoch(figures, ofWhole(share)),
  };
}

function keysBySplit({ items }: TrainingTask, plan: TrainingPlan): Record<string, string[]> {
  const splits = Object.entries(namedSplits(plan));
  return Object.fromEntries(
    splits.map(([name, indices]) => [name, indices.flatMap((index) => items[index]?.key ?? [])]),
  );
}

function splitsOf({ items, positiveLabel }: TrainingTask, plan: TrainingPlan): CardFacts['splits'] {
  return Object.entries(namedSplits(plan)).map(([name, indices]) => ({
    name,
    images: indices.length,
    positives: indices.filter((index) => items[index]?.label === positiveLabel).length,
    groups: groupCount(indices.map((index) => items[index]?.group ?? null)),
  }));
}

function groupCount(groups: readonly (string | null)[]): number | null {
  const known = new Set(groups.filter((group) => group !== null));
  return known.size > 0 ? known.size : null;
}
