import type { Logger } from 'pino';
import { type Artifact, sealArtifact } from '../server/artifact/artifact.js';
import { describeNetwork } from '../server/artifact/export-onnx.js';
import type { Manifest, OutOfDistribution } from '../server/artifact/manifest.js';
import type { EvaluationMetrics } from '../server/artifact/classification-metrics.js';
import type { SnapshotItem } from '../server/features/datasets/snapshot-items.js';
import type { TrainingParameters } from '../server/features/training/parameters.js';
import type { EpochFigures } from '../server/features/training/run-lifecycle.js';
import { calibratedProbability, type Rules } from '../server/inference/interpret.js';
import { withReferences } from '../server/inference/references.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { calibrate } from './calibration/calibrate.js';
import { openPixelCache } from './dataset/pixel-cache.js';
import { SIMULATED_SCANNERS } from './dataset/simulated-scanners.js';
import { abstentionBand, decisionThreshold } from './calibration/decide.js';
import { checkParity, exportModel } from './network/export-model.js';
import { codeRevision, libraryVersions } from './tensorflow/libraries.js';
import type { CardFacts } from './card/model-card.js';
import { architectureFor, composeEnsemble, NETWORK_NAME } from './network/network.js';
import { namedSplits, planMembers, type TrainingPlan } from './recipe/plan-members.js';
import { preprocessingFor } from './recipe/recipe.js';
import { type ScannerAnswers, type ScannerResult, scannerResults } from './card/scanner-results.js';
import { scoreOf } from '../evaluation/score.js';
import { type Scores, scoreImages } from './network/score-images.js';
import type { TensorFlow } from './tensorflow/tensorflow.js';
import { type TrainedMember, trainMember } from './recipe/train-member.js';
import { TrainingDataError } from './training-data-error.js';

/** Held-out images that the ONNX export is held to TensorFlow.js on. */
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
  /** Each member has a checkpoint of its own beside it. */
  checkpointPath: string;
  log: Logger;
}

export interface TrainingReports {
  /** The share of the whole that is done, 0..1; often. */
  onProgress(share: number): Promise<void>;
  /** The epochs of several members count on: of 50 each, the second member's first is the 51st. */
  onEpoch(figures: EpochFigures, share: number): Promise<void>;
}

export interface TrainedModel {
  artifact: Artifact;
  /** By split; no test metrics where there is no test split. */
  metrics: { validation: EvaluationMetrics; test: EvaluationMetrics | null };
  /** The answers for the test split, in the order of the items: as it is, and as each simulated scanner would show it. */
  testAnswers: ScannerAnswers[];
  /** The key of every item, by the split that it was in: those of {@link namedSplits}. */
  keysBySplit: Record<string, string[]>;
  card: Omit<CardFacts, 'modelName' | 'snapshot'>;
}

/** Decoding, the epochs, and what comes after them: how the progress is divided. */
const CACHED = 0.1;
const FITTED = 0.95;

/**
 * From a snapshot's images to a model's artifact: divides them by group, prepares every image once, trains the members,
 * calibrates and decides on what was held out from each, evaluates, joins the members into one network, exports it, checks
 * the ONNX form against TensorFlow.js, and records what it answers for reference images.
 *
 * Goes on from the checkpoints of an earlier attempt. The same task gives the same artifact on the same machine, resumed or
 * not. Throws TrainingDataError for what the person who started it can mend; stops with the reason of `signal`.
 */
export async function trainModel(
  room: TrainingRoom,
  task: TrainingTask,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<TrainedModel> {
  const { tf, store } = room;
  const { items, snapshotDigest, parameters, seed } = task;
  const classes = classesOf(task);
  const plan = planMembers(
    items.map((item) => ({
      ...item,
      label: classes[Number(item.label === task.positiveLabel)] ?? item.label,
    })),
    parameters,
    seed,
  );
  const preprocessing = preprocessingFor(parameters);
  const cache = await openPixelCache(
    room.cacheFolder,
    { store, snapshotDigest, items, preprocessing },
    (share) => reports.onProgress(CACHED * share),
    signal,
  );
  try {
    const source = { cache, preprocessing, batchSize: parameters.batchSize };
    const members = await trainMembers(room, task, plan, source, reports, signal);
    const rules = rulesFrom(classes, members, task);
    const model = joined(tf, members, parameters);
    const files = await exportModel(tf, model);
    const someHeldOut = plan.members[0]?.heldOut.slice(0, PARITY_IMAGES) ?? [];
    const parity = await checkParity(tf, model, files.onnx, source, someHeldOut, signal);

    const testAnswers: ScannerAnswers[] = [];
    const looks = [{ name: null, variant: null }, ...SIMULATED_SCANNERS];
    for (const { name, variant } of plan.test.length > 0 ? looks : []) {
      const scores = await scoreImages(tf, model, source, plan.test, signal, variant);
      testAnswers.push({ scanner: name, scored: answersFor(task, rules, plan.test, scores) });
    }
    const results = {
      heldOut: scannerResults(heldOutAnswers(task, rules, members), classes, seed),
      test: scannerResults(testAnswers, classes, seed),
    };
    const metrics = { validation: asTheyAre(results.heldOut), test: asTheyAre(results.test) };
    if (!metrics.validation) throw new Error('Nothing was held out.');
    for (const each of new Set([model, ...members.map((member) => member.model)])) each.dispose();

    const { evidence, parameters: weightCount, macs } = describeNetwork(files.modelJson, files.weights);
    const sealed = sealArtifact(
      {
        format: 'cytograph-model/1',
        positiveLabel: task.positiveLabel,
        preprocessing,
        ...rules,
        evidence,
        network: { name: networkName(members.length), parameters: weightCount, macs },
        provenance: {
          snapshotDigest,
          seed,
          parameters,
          codeRevision: await codeRevision(),
          libraries: libraryVersions(tf),
        },
        metrics: {
          validation: metrics.validation,
          ...(members.length > 1 ? { outOfFold: true } : {}),
          test: metrics.test,
        },
      },
      files,
    );
    return {
      artifact: await withReferences(sealed),
      metrics: { validation: metrics.validation, test: metrics.test },
      testAnswers,
      keysBySplit: Object.fromEntries(
        Object.entries(namedSplits(plan)).map(([name, indices]) => [
          name,
          indices.flatMap((index) => items[index]?.key ?? []),
        ]),
      ),
      card: {
        splits: splitsOf(task, plan),
        bestEpochs: members.map(({ bestEpoch }) => bestEpoch),
        epochs: parameters.epochs,
        parity,
        results,
      },
    };
  } finally {
    await cache.close();
  }
}

async function trainMembers(
  { tf, log, checkpointPath }: TrainingRoom,
  { items, snapshotDigest, positiveLabel, parameters, seed }: TrainingTask,
  { members, test }: TrainingPlan,
  source: Parameters<typeof trainMember>[0]['source'],
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<TrainedMember[]> {
  const labels = items.map(({ label }) => label);
  const trained: TrainedMember[] = [];
  for (const [index, plan] of members.entries()) {
    const which = members.length > 1 ? `Member ${index + 1} of ${members.length}: training` : 'Training';
    log.info(
      `${which} on ${plan.train.length} images, validating on ${plan.heldOut.length}, testing on ${test.length}`,
    );
    const whole = (share: number) => CACHED + ((FITTED - CACHED) * (index + share)) / members.length;
    const member = await trainMember(
      {
        tf,
        source,
        labels,
        positiveLabel,
        snapshotDigest,
        parameters,
        seed,
        plan,
        index,
        checkpointPath: `${checkpointPath}-${index + 1}-of-${members.length}`,
      },
      {
        onEpoch: async (figures) => {
          log.info(epochLine(figures));
          const epoch = index * parameters.epochs + figures.epoch;
          await reports.onEpoch({ ...figures, epoch }, whole(figures.epoch / parameters.epochs));
        },
        onProgress: (share) => reports.onProgress(whole(share)),
      },
      signal,
    );
    trained.push(member);
  }
  return trained;
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

/** The network that answers: the only member, or all of them as one. */
function joined(tf: TensorFlow, members: readonly TrainedMember[], { inputSize }: TrainingParameters) {
  const [only, ...others] = members;
  if (only && others.length === 0) return only.model;
  return composeEnsemble(tf, inputSize, architectureFor(inputSize, members.length), members);
}

function networkName(members: number): string {
  return members === 1 ? NETWORK_NAME : `${NETWORK_NAME} × ${members}`;
}

type DecisionRules = Rules & Pick<Manifest, 'decisionThreshold'>;

/** Everything that turns the network's outputs into an answer, from images that what scored them was not trained on. */
function rulesFrom(
  classes: [string, string],
  members: readonly TrainedMember[],
  { items, positiveLabel, parameters }: TrainingTask,
): DecisionRules {
  const heldOut = members.flatMap((member) => member.heldOut);
  const logits = heldOut.flatMap((scores) => Array.from(scores.logits));
  const isPositive = heldOut.flatMap(({ indices }) =>
    indices.map((index) => items[index]?.label === positiveLabel),
  );
  const calibration = calibrate(logits, isPositive);
  const probabilities = logits.map((logit) => calibratedProbability(calibration, logit));
  const threshold = decisionThreshold(probabilities, isPositive, parameters.targetSensitivity);
  return {
    classes,
    calibration,
    decisionThreshold: threshold,
    abstentionBand: abstentionBand(probabilities, isPositive, threshold),
    outOfDistribution: outOfDistributionOf(members),
  };
}

function outOfDistributionOf(members: readonly TrainedMember[]): OutOfDistribution {
  const gaussians = members.map(({ gaussian }) => gaussian);
  const [only, ...others] = gaussians;
  return only && others.length === 0
    ? { method: 'mahalanobis', ...only }
    : { method: 'mahalanobis-ensemble', members: gaussians };
}

/**
 * The answers for held-out images by scanner, pooled over the members: each by the rules of the version, from the scores
 * of the member that it was held out from.
 */
function heldOutAnswers(
  task: TrainingTask,
  rules: DecisionRules,
  members: readonly TrainedMember[],
): ScannerAnswers[] {
  const pooled = new Map<string | null, ScannerAnswers>();
  for (const member of members) {
    const own: DecisionRules = { ...rules, outOfDistribution: outOfDistributionOf([member]) };
    for (const { scanner, indices, ...scores } of member.heldOut) {
      const answers = pooled.get(scanner) ?? { scanner, scored: [] };
      pooled.set(scanner, answers);
      answers.scored.push(...answersFor(task, own, indices, scores));
    }
  }
  return [...pooled.values()];
}

function answersFor(
  { items, positiveLabel }: TrainingTask,
  rules: DecisionRules,
  indices: readonly number[],
  { logits, embeddings }: Scores,
): ScannerAnswers['scored'] {
  return indices.map((index, position) => {
    const raw = { logit: logits[position] ?? NaN, embedding: embeddings[position] ?? [] };
    const item = items[index];
    return scoreOf(rules, raw, { isPositive: item?.label === positiveLabel, group: item?.group ?? null });
  });
}

function asTheyAre(results: readonly ScannerResult[]): EvaluationMetrics | null {
  return results.find(({ scanner }) => scanner === null)?.metrics ?? null;
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
