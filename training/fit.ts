import { setImmediate } from 'node:timers/promises';
import type { LayersModel, Tensor, Variable } from '@tensorflow/tfjs-node';
import type { EpochFigures } from '../server/features/training/run-lifecycle.js';
import { Adam } from './adam.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import type { Augmentation } from './dataset/augment.js';
import { type Batch, type BatchSource, trainingBatches } from './dataset/batches.js';
import { areaUnderCurve } from './metrics.js';
import { scoreImages } from './score-images.js';
import type { TensorFlow } from './tensorflow.js';
import { TrainingDataError } from './training-data-error.js';

/** Weight decay of the kernels, a step: this part of the step size. */
const WEIGHT_DECAY = 0.02;
/** Steps over which the step size rises to its full value, at most one epoch. */
const WARM_UP = 200;
/** How much of the running mean of the weights a step keeps, once there have been some thousand steps. */
const AVERAGING = 0.998;

export interface Fit {
  tf: TensorFlow;
  /** Trained in place. */
  model: LayersModel;
  source: BatchSource;
  /** Of every item, in the order of the snapshot. */
  isPositive: readonly boolean[];
  /** Indices of items. */
  train: readonly number[];
  validation: readonly number[];
  seed: number;
  epochs: number;
  learningRate: number;
  /** Epochs without a better validation AUC after which training stops. */
  patience: number;
  augmentation: Augmentation | null;
  classWeights: boolean;
  checkpointPath: string;
  /** Of everything that the run's course depends on: a checkpoint with another identity is not taken up. */
  identity: string;
}

export interface FitReports {
  /** After every epoch, once it is in the checkpoint. */
  onEpoch(figures: EpochFigures): Promise<void>;
  /** After every step: the share of all steps that is done. */
  onProgress(share: number): Promise<void>;
}

/**
 * Trains by binary cross-entropy and Adam, the step size falling along a half cosine, from the checkpoint if there is
 * one. What is validated and kept is a running mean of the weights (Polyak & Juditsky 1992), which holds better for new
 * patients than the last step's. Leaves those of the best epoch in the model: by validation AUC, then by validation loss.
 * Stops between two steps with the reason of `signal` when that aborts.
 */
export async function fit(
  options: Fit,
  reports: FitReports,
  signal: AbortSignal,
): Promise<{ bestEpoch: number }> {
  const { tf, model, seed, epochs, patience, checkpointPath, identity } = options;
  const weights = model.trainableWeights;
  const variables = weights.map((weight) => weight.read() as Variable);
  const decays = weights.map(({ originalName }) => originalName.endsWith('/kernel'));
  const optimizer = new Adam(tf, variables, decays, WEIGHT_DECAY);
  const averages = variables.map((variable) => tf.variable(variable, false));
  const state = [...variables, ...averages, ...optimizer.state];
  const weightOf = classWeights(options);
  const stepsPerEpoch = Math.ceil(options.train.length / options.source.batchSize);
  const totalSteps = epochs * stepsPerEpoch;

  let best: Checkpoint['best'] = { epoch: 0, auc: -1, loss: Infinity };
  let bestWeights: Float32Array[] = [];
  let epoch = 0;
  let step = 0;
  const checkpoint = await readCheckpoint(checkpointPath, identity);
  if (checkpoint) {
    ({ epoch, step, best } = checkpoint);
    assignAll(tf, state, checkpoint.tensors);
    bestWeights = checkpoint.tensors.slice(state.length);
  }

  while (epoch < epochs && epoch - best.epoch < patience) {
    epoch++;
    const started = performance.now();
    let lossSum = 0;
    const { source, train, augmentation } = options;
    for (const batch of trainingBatches(source, train, augmentation, seed, epoch)) {
      signal.throwIfAborted();
      step++;
      const learningRate = scheduled(
        options.learningRate,
        step,
        totalSteps,
        Math.min(WARM_UP, stepsPerEpoch),
      );
      const loss = trainOnBatch(options, optimizer, variables, batch, weightOf, step, learningRate);
      lossSum += loss * batch.indices.length;
      average(tf, averages, variables, Math.min(AVERAGING, step / (step + 10)));
      await reports.onProgress(step / totalSteps);
      await setImmediate(); // lets timers, signals and the database connection have their turn
    }
    if (!Number.isFinite(lossSum)) {
      throw new TrainingDataError(
        `The loss is no longer a number in epoch ${epoch}: train with a smaller learningRate.`,
      );
    }

    const tensors = state.map(valuesOf);
    const averaged = averages.map(valuesOf);
    assignAll(tf, variables, averaged);
    const { loss: validationLoss, auc } = await validate(options, weightOf, signal);
    assignAll(tf, variables, tensors);
    if (auc > best.auc || (auc === best.auc && validationLoss < best.loss)) {
      best = { epoch, auc, loss: validationLoss };
      bestWeights = averaged;
    }
    await writeCheckpoint(checkpointPath, {
      identity,
      epoch,
      step,
      best,
      tensors: [...tensors, ...bestWeights],
    });
    const seconds = (performance.now() - started) / 1000;
    await reports.onEpoch({
      epoch,
      loss: lossSum / train.length,
      validationLoss,
      validationAuc: auc,
      seconds,
    });
  }

  assignAll(tf, variables, bestWeights);
  optimizer.dispose();
  tf.dispose(averages);
  return { bestEpoch: best.epoch };
}

/** Rises in a line over the warm-up, then falls along a half cosine to 0 at the last step (Loshchilov & Hutter 2017). */
function scheduled(peak: number, step: number, totalSteps: number, warmUp: number): number {
  if (step <= warmUp) return (peak * step) / warmUp;
  return (peak / 2) * (1 + Math.cos((Math.PI * (step - warmUp)) / Math.max(1, totalSteps - warmUp)));
}

/** The weight of an image in the loss: with class weights both labels weigh the same in all, and an image 1 on average. */
function classWeights({ isPositive, train, classWeights: wanted }: Fit): (index: number) => number {
  if (!wanted) return () => 1;
  const positives = train.filter((index) => isPositive[index]).length;
  const ofPositive = train.length / (2 * positives);
  const ofNegative = train.length / (2 * (train.length - positives));
  return (index) => (isPositive[index] ? ofPositive : ofNegative);
}

/** One step; returns the loss of the batch before it. */
function trainOnBatch(
  { tf, model, source, isPositive }: Fit,
  optimizer: Adam,
  variables: Variable[],
  { indices, images }: Batch,
  weightOf: (index: number) => number,
  step: number,
  learningRate: number,
): number {
  const size = source.preprocessing.inputSize;
  return tf.tidy(() => {
    const x = tf.tensor4d(images, [indices.length, size, size, 3]);
    const y = tf.tensor1d(indices.map((index) => Number(isPositive[index])));
    const weight = tf.tensor1d(indices.map(weightOf));
    const { value, grads } = tf.variableGrads(() => {
      const logits = (model.apply(x, { training: true }) as Tensor).reshape([-1]);
      return crossEntropy(tf, logits, y).mul(weight).mean().asScalar();
    }, variables);
    optimizer.apply(gradientsOf(grads, variables), step, learningRate);
    return value.dataSync()[0] ?? NaN;
  });
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

async function validate(options: Fit, weightOf: (index: number) => number, signal: AbortSignal) {
  const { validation, isPositive } = options;
  const { logits } = await scoreImages(options.tf, options.model, options.source, validation, signal);
  const losses = validation.map((index, position) => {
    const logit = logits[position] ?? NaN;
    const target = Number(isPositive[index]);
    return weightOf(index) * (Math.max(logit, 0) - target * logit + Math.log1p(Math.exp(-Math.abs(logit))));
  });
  const auc = areaUnderCurve(
    logits,
    validation.map((index) => isPositive[index] ?? false),
  );
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, auc: auc ?? 0.5 };
}

function valuesOf(variable: Variable): Float32Array {
  return Float32Array.from(variable.dataSync());
}

/** Gives the variables the values at the same places; there may be more of these. */
function assignAll(tf: TensorFlow, variables: readonly Variable[], values: readonly Float32Array[]): void {
  variables.forEach((variable, index) => {
    const own = values[index];
    if (own?.length !== variable.size) throw new Error(`The checkpoint has no values for ${variable.name}.`);
    tf.tidy(() => variable.assign(tf.tensor(own, variable.shape)));
  });
}

/** Moves the averages towards the variables: `keep` of each stays. */
function average(
  tf: TensorFlow,
  averages: readonly Variable[],
  variables: readonly Variable[],
  keep: number,
): void {
  averages.forEach((mean, index) => {
    const variable = variables[index];
    if (variable) tf.tidy(() => mean.assign(mean.mul(keep).add(variable.mul(1 - keep))));
  });
}
