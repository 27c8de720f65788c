import { setImmediate } from 'node:timers/promises';
import type { LayersModel, Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-node';
import type { EpochFigures } from '../../server/features/training/run-lifecycle.js';
import { negativeLabel } from '../../server/artifact/negative-label.js';
import { Adam } from './adam.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { Augmentation } from '../dataset/augment.js';
import type { Batch, BatchSource } from '../dataset/batches.js';
import { batchesAhead } from '../dataset/batches-ahead.js';
import { areaUnderCurve } from '../../evaluation/measure-scores.js';
import { takeReluGradientFromOutput } from './relu-gradient.js';
import { scoreImages } from './score-images.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';
import { TrainingDataError } from '../training-data-error.js';

/** Weight decay of the kernels, a step: this part of the step size. */
const WEIGHT_DECAY = 0.02;
/** Steps over which the step size rises to its full value, at most one epoch. */
const WARM_UP = 200;
/** How much of the running mean of the weights a step keeps, once there have been some thousand steps. */
const AVERAGING = 0.998;
/** The weight in the loss of classifying all labels, relative to classifying positive against the others. */
const AUXILIARY = 0.5;

export interface NetworkTraining {
  tf: TensorFlow;
  /** Trained in place. */
  model: LayersModel;
  source: BatchSource;
  /** Of every item, in the order of the snapshot. */
  labels: readonly string[];
  positiveLabel: string;
  /** Indices of items. */
  train: readonly number[];
  validation: readonly number[];
  seed: number;
  epochs: number;
  learningRate: number;
  /** Epochs without a lower validation loss after which training stops. */
  patience: number;
  augmentation: Augmentation | null;
  classWeights: boolean;
  /** Whether the embedding also learns to distinguish the other labels from one another. */
  auxiliaryLabels: boolean;
  checkpointPath: string;
  /** Identifies everything that the run depends on. A checkpoint with another identity is ignored. */
  identity: string;
}

/** The result beside the weights of the model. */
export interface TrainedNetwork {
  bestEpoch: number;
  /** The second head, of the best epoch; null without one. */
  cellTypes: LabelScores | null;
}

/** A linear map from the embedding `[D]` to a score of each of L labels; the softmax of the scores are probabilities. */
export interface LabelScores {
  labels: readonly string[];
  /** `[L][D]`. */
  weights: number[][];
  /** `[L]`. */
  biases: number[];
}

export interface NetworkReports {
  /** After every epoch, once it is in the checkpoint. */
  onEpoch(figures: EpochFigures): Promise<void>;
  /** After every step: the share of all steps that is done. */
  onProgress(share: number): Promise<void>;
}

/**
 * Trains by binary cross-entropy and Adam, the step size falling along a half cosine, from the checkpoint if there is
 * one. If there are more than two labels, a second head may learn all of them from the same embedding (Caruana 1997),
 * because features that distinguish a monocyte from a neutrophil also distinguish both from a blast. The second head is not
 * part of the model; it is returned beside it. A running mean of the weights (Polyak & Juditsky 1992) is validated and kept; it generalises better to
 * new patients than the weights of the last step. The model finally has the weights of the epoch with the lowest validation
 * loss; with a dozen patients, the validation AUC stops rising long before the network has converged. Stops between two
 * steps, with the reason of `signal`, when `signal` aborts.
 */
export async function trainNetwork(
  options: NetworkTraining,
  reports: NetworkReports,
  signal: AbortSignal,
): Promise<TrainedNetwork> {
  const { tf, model, seed, epochs, patience, checkpointPath, identity } = options;
  const weights = model.trainableWeights;
  const head = auxiliaryHead(options);
  const ofModel = weights.map((weight) => weight.read() as Variable);
  const variables = head ? [...ofModel, head.kernel, head.bias] : ofModel;
  const decays = [...weights.map(({ originalName }) => originalName.endsWith('/kernel')), true, false];
  const optimizer = new Adam(tf, variables, decays, WEIGHT_DECAY);
  const average = tf.variable(optimizer.weights, false);
  const bestWeights = tf.variable(optimizer.weights, false);
  const state = [...optimizer.state, average, bestWeights];
  const trained: Trained = { ...options, outputs: outputsOf(options), head, variables, optimizer };
  const weightOf = classWeights(options);
  const stepsPerEpoch = Math.ceil(options.train.length / options.source.batchSize);
  const totalSteps = epochs * stepsPerEpoch;
  const warmUp = Math.min(WARM_UP, stepsPerEpoch);

  let best: Checkpoint['best'] = { epoch: 0, loss: Infinity };
  let epoch = 0;
  let step = 0;
  const checkpoint = await readCheckpoint(checkpointPath, identity);
  if (checkpoint) {
    ({ epoch, step, best } = checkpoint);
    restore(tf, state, checkpoint.tensors);
    optimizer.spread(optimizer.weights);
  }

  const { source, train: indices, augmentation } = options;
  const batches = batchesAhead(source, { indices, augmentation, seed, epochs: [epoch + 1, epochs] });
  const restoreGradient = takeReluGradientFromOutput(tf);
  try {
    while (epoch < epochs && epoch - best.epoch < patience) {
      epoch++;
      const started = performance.now();
      let lossSum = 0;
      for (const lastStep = epoch * stepsPerEpoch; step < lastStep;) {
        const { value: batch } = await batches.next();
        if (!batch) throw new Error('The thread that prepares the batches stopped early.');
        signal.throwIfAborted();
        step++;
        const learningRate = scheduled(options.learningRate, step, totalSteps, warmUp);
        const loss = trainOnBatch(trained, batch, weightOf, step, learningRate);
        lossSum += loss * batch.indices.length;
        moveTowards(tf, average, optimizer.weights, Math.min(AVERAGING, step / (step + 10)));
        await reports.onProgress(step / totalSteps);
        await setImmediate(); // lets timers, signals and the database connection run
      }
      if (!Number.isFinite(lossSum)) {
        throw new TrainingDataError(
          `The loss is no longer a number in epoch ${epoch}: use a smaller learningRate.`,
        );
      }

      optimizer.spread(average);
      const { loss: validationLoss, auc } = await validate(options, weightOf, signal);
      optimizer.spread(optimizer.weights);
      if (validationLoss < best.loss) {
        best = { epoch, loss: validationLoss };
        bestWeights.assign(average);
      }
      await writeCheckpoint(checkpointPath, { identity, epoch, step, best, tensors: state.map(valuesOf) });
      await reports.onEpoch({
        epoch,
        loss: lossSum / indices.length,
        validationLoss,
        validationAuc: auc,
        seconds: (performance.now() - started) / 1000,
      });
    }
    optimizer.spread(bestWeights);
    return { bestEpoch: best.epoch, cellTypes: head && linearMapOf(head) };
  } finally {
    await batches.return();
    restoreGradient();
    optimizer.dispose();
    tf.dispose([average, bestWeights]);
    if (head) tf.dispose([head.kernel, head.bias]);
  }
}

/** Rises in a line over the warm-up, then falls along a half cosine to 0 at the last step (Loshchilov & Hutter 2017). */
function scheduled(peak: number, step: number, totalSteps: number, warmUp: number): number {
  if (step <= warmUp) return (peak * step) / warmUp;
  return (peak / 2) * (1 + Math.cos((Math.PI * (step - warmUp)) / Math.max(1, totalSteps - warmUp)));
}

/**
 * The weight of an image in the loss: 1 on average. With class weights the positive label weighs as much as all others
 * together, and of these a label of n images weighs as √n, so that rare cell kinds are neither lost nor learned by heart.
 */
function classWeights({
  labels,
  positiveLabel,
  train,
  classWeights: wanted,
}: NetworkTraining): (index: number) => number {
  if (!wanted) return () => 1;
  const counts = new Map<string, number>();
  for (const index of train) counts.set(labels[index] ?? '', (counts.get(labels[index] ?? '') ?? 0) + 1);
  const roots = [...counts].map(([label, count]) => (label === positiveLabel ? 0 : Math.sqrt(count)));
  const sum = roots.reduce((total, root) => total + root, 0);
  return (index) => {
    const label = labels[index] ?? '';
    const count = counts.get(label) ?? 1;
    const share = label === positiveLabel ? 1 : Math.sqrt(count) / sum;
    return ((train.length / 2) * share) / count;
  };
}

/** The linear map from the embedding to a score of each label. */
interface AuxiliaryHead {
  labels: readonly string[];
  kernel: Variable;
  bias: Variable;
}

/** For all labels of the snapshot, so that the heads of several members have the same. */
function auxiliaryHead({
  tf,
  model,
  labels,
  positiveLabel,
  auxiliaryLabels,
}: NetworkTraining): AuxiliaryHead | null {
  // An image that is only known to be negative teaches nothing about cell types: its row of the target is zero.
  const known = [...new Set(labels)].filter((label) => label !== negativeLabel(positiveLabel)).sort();
  if (!auxiliaryLabels || known.length <= 2) return null;
  const dimensions = model.getLayer('logit').getWeights()[0]?.shape[0] ?? 0;
  return {
    labels: known,
    kernel: tf.variable(tf.zeros([dimensions, known.length]), true),
    bias: tf.variable(tf.zeros([known.length]), true),
  };
}

function linearMapOf({ labels, kernel, bias }: AuxiliaryHead): LabelScores {
  const values = kernel.dataSync(); // [D, L]
  const dimensions = values.length / labels.length;
  const weightsOf = (label: number) =>
    Array.from({ length: dimensions }, (_, dimension) => values[dimension * labels.length + label] ?? NaN);
  return { labels, weights: labels.map((_, label) => weightsOf(label)), biases: Array.from(bias.dataSync()) };
}

/** What a step works on. */
interface Trained extends NetworkTraining {
  /** The model with its logit and its embedding as outputs. */
  outputs: LayersModel;
  head: AuxiliaryHead | null;
  variables: Variable[];
  optimizer: Adam;
}

function outputsOf({ tf, model }: NetworkTraining): LayersModel {
  return tf.model({
    inputs: model.inputs,
    outputs: [model.getLayer('logit').output, model.getLayer('embedding').output].flat(),
  });
}

/** One step; returns the loss of the batch before it. */
function trainOnBatch(
  { tf, outputs, head, source, labels, positiveLabel, variables, optimizer }: Trained,
  { indices, images }: Batch,
  weightOf: (index: number) => number,
  step: number,
  learningRate: number,
): number {
  const size = source.preprocessing.inputSize;
  const own = indices.map((index) => labels[index] ?? '');
  return tf.tidy(() => {
    const x = tf.tensor4d(images, [indices.length, size, size, 3]);
    const y = tf.tensor1d(own.map((label) => Number(label === positiveLabel)));
    const weight = tf.tensor1d(indices.map(weightOf));
    const { value, grads } = tf.variableGrads(() => {
      const [logits, embedding] = outputs.apply(x, { training: true }) as [Tensor, Tensor2D];
      const losses = crossEntropy(tf, logits.reshape([-1]), y);
      const all = head ? losses.add(auxiliaryLosses(tf, head, embedding, own).mul(AUXILIARY)) : losses;
      return all.mul(weight).mean().asScalar();
    }, variables);
    optimizer.apply(gradientsOf(grads, variables), step, learningRate);
    return value.dataSync()[0] ?? NaN;
  });
}

/** Cross-entropy of the softmax over all labels, an image each. */
function auxiliaryLosses(
  tf: TensorFlow,
  { labels, kernel, bias }: AuxiliaryHead,
  embedding: Tensor2D,
  own: readonly string[],
): Tensor {
  const scores = embedding.matMul(kernel as Tensor2D).add(bias);
  const target = tf.oneHot(
    own.map((label) => labels.indexOf(label)),
    labels.length,
  );
  return tf.logSoftmax(scores).mul(target).sum(1).neg();
}

/** log(1 + e^z) − y · z, in a form that does not overflow: max(z, 0) − y · z + log(1 + e^−|z|). */
function crossEntropy(tf: TensorFlow, logits: Tensor, y: Tensor): Tensor {
  return tf.relu(logits).sub(logits.mul(y)).add(logits.abs().neg().exp().log1p());
}

function gradientsOf(grads: Record<string, Tensor>, variables: readonly Variable[]): Tensor[] {
  return variables.map(({ name }) => {
    const gradient = grads[name];
    if (!gradient) throw new Error(`The loss does not depend on ${name}.`);
    return gradient;
  });
}

async function validate(options: NetworkTraining, weightOf: (index: number) => number, signal: AbortSignal) {
  const { validation, labels, positiveLabel } = options;
  const isPositive = validation.map((index) => labels[index] === positiveLabel);
  const { logits } = await scoreImages(options.tf, options.model, options.source, validation, signal);
  const losses = validation.map((index, position) => {
    const logit = logits[position] ?? NaN;
    const target = Number(isPositive[position]);
    return weightOf(index) * (Math.max(logit, 0) - target * logit + Math.log1p(Math.exp(-Math.abs(logit))));
  });
  const auc = areaUnderCurve(logits, isPositive);
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, auc: auc ?? 0.5 };
}

function valuesOf(variable: Variable): Float32Array {
  return Float32Array.from(variable.dataSync());
}

function restore(tf: TensorFlow, state: readonly Variable[], values: readonly Float32Array[]): void {
  state.forEach((variable, index) => {
    const own = values[index];
    if (own?.length !== variable.size) throw new Error('The checkpoint is of another network.');
    tf.tidy(() => variable.assign(tf.tensor1d(own)));
  });
}

/** Moves the mean towards the weights: `keep` of it stays. */
function moveTowards(tf: TensorFlow, mean: Variable, weights: Variable, keep: number): void {
  tf.tidy(() => mean.assign(mean.mul(keep).add(weights.mul(1 - keep))));
}
