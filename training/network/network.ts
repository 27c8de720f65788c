import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-node';
import type { Calibration } from '../../server/decision/decision-rules.js';
import type { TensorFlow } from '../tensorflow/tensorflow.js';

/** Changes whenever `buildNetwork` or `composeEnsemble` builds another network for the same input size. */
export const NETWORK_NAME = 'residual-gap-1';

/** The shape of the network: a stem that halves the image, then one stage a width, with a 2 × 2 max pooling between stages. */
export interface Architecture {
  /** Channels of the stem. */
  stem: number;
  /** Channels of each stage. */
  widths: readonly number[];
  /** Residual blocks at the end of each stage, beside its first convolution. */
  residualBlocks: readonly number[];
}

/**
 * As many stages as leave a last grid of 8 × 8 or more (for inputs of 96 and above) to show the evidence on. A member of an
 * ensemble is narrower: its cost and its weights count as often as there are members.
 */
export function architectureFor(inputSize: number, members: number): Architecture {
  if (inputSize >= 128) return { stem: 16, widths: [32, 48, 80, 128], residualBlocks: [0, 0, 1, 0] };
  return { stem: 16, widths: members > 1 ? [32, 64, 64] : [32, 64, 96], residualBlocks: [0, 0, 1] };
}

/**
 * A convolutional network from scratch: `[N, S, S, 3]` normalised pixels in, one logit `[N, 1]` out. Weights are drawn
 * after He et al. 2015 (arXiv 1502.01852) from the seed.
 *
 * There is no batch normalisation: its statistics belong to one scanner, and it collapses when the scanner changes. Deep
 * stages train without it because the second convolution of a residual block starts small (Fixup, arXiv 1901.09321).
 *
 * It ends in global average pooling and one dense unit, so the logit is the mean over the last grid of the weighted
 * features: the evidence map is exact.
 */
export function buildNetwork(
  tf: TensorFlow,
  inputSize: number,
  architecture: Architecture,
  seed: number,
): LayersModel {
  const image = imageInput(tf, inputSize);
  const layerSeed = seedsFrom(seed * 1000);
  const features = trunk(tf, image, architecture, layerSeed, '');
  return withHead(tf, image, features, layerSeed);
}

/** A trained network and what calibrates its logit. */
export interface Member {
  model: LayersModel;
  calibration: Pick<Calibration, 'slope' | 'intercept'>;
}

/**
 * The members as one network: one image, their convolutions side by side, their last features joined, and again global
 * average pooling and one dense unit. Its logit is the mean of the members' calibrated logits,
 * Σₖ (slopeₖ · logitₖ + interceptₖ) / K, because each of them is a dense unit over its own block of the embedding. Cost
 * and weights are the sum of the members'. They must be of the same architecture; they stay as they are.
 */
export function composeEnsemble(
  tf: TensorFlow,
  inputSize: number,
  architecture: Architecture,
  members: readonly Member[],
): LayersModel {
  const image = imageInput(tf, inputSize);
  const prefixOf = (index: number) => `member${index + 1}_`;
  const blocks = members.map((_, index) => trunk(tf, image, architecture, seedsFrom(0), prefixOf(index)));
  const features = apply(tf.layers.concatenate({ name: 'members', axis: -1 }), blocks);
  const ensemble = withHead(tf, image, features, seedsFrom(0));

  tf.tidy(() => {
    members.forEach(({ model }, index) => {
      for (const layer of model.layers) {
        const isOfTrunk = layer.name !== 'logit' && layer.getWeights().length > 0;
        if (isOfTrunk) ensemble.getLayer(prefixOf(index) + layer.name).setWeights(layer.getWeights());
      }
    });
    const heads = members.map(({ model, calibration: { slope, intercept } }) => {
      const [kernel, bias] = model.getLayer('logit').getWeights();
      if (!kernel || !bias) throw new Error('A member has no dense unit.');
      return {
        kernel: kernel.mul(slope / members.length),
        bias: bias.mul(slope).add(intercept).div(members.length),
      };
    });
    ensemble
      .getLayer('logit')
      .setWeights([tf.concat(heads.map(({ kernel }) => kernel)), tf.addN(heads.map(({ bias }) => bias))]);
  });
  return ensemble;
}

function imageInput(tf: TensorFlow, inputSize: number): SymbolicTensor {
  return tf.input({ shape: [inputSize, inputSize, 3], name: 'image' });
}

/** One seed after the other, a layer each. */
function seedsFrom(first: number): () => number {
  let next = first;
  return () => next++;
}

function apply(
  layer: { apply(x: SymbolicTensor | SymbolicTensor[]): unknown },
  x: SymbolicTensor | SymbolicTensor[],
): SymbolicTensor {
  return layer.apply(x) as SymbolicTensor;
}

/** From the image to the last features; `prefix` keeps the names of layers apart. */
function trunk(
  tf: TensorFlow,
  image: SymbolicTensor,
  architecture: Architecture,
  layerSeed: () => number,
  prefix: string,
): SymbolicTensor {
  const convolution = (
    name: string,
    filters: number,
    options: { size?: number; strides?: number; gain?: number },
  ) =>
    tf.layers.conv2d({
      name: prefix + name,
      filters,
      kernelSize: options.size ?? 3,
      strides: options.strides ?? 1,
      padding: 'same',
      kernelInitializer: tf.initializers.varianceScaling({
        scale: 2 * (options.gain ?? 1) ** 2,
        mode: 'fanIn',
        distribution: 'truncatedNormal',
        seed: layerSeed(),
      }),
    });
  const relu = (name: string) => tf.layers.reLU({ name: prefix + name });
  const pool = (name: string) => tf.layers.maxPooling2d({ name: prefix + name, poolSize: 2, strides: 2 });

  let x = apply(convolution('stem', architecture.stem, { size: 5, strides: 2 }), image);
  x = apply(relu('stem_relu'), x);
  architecture.widths.forEach((width, index) => {
    const stage = `stage${index + 1}`;
    if (index > 0) x = apply(pool(`${stage}_pool`), x);
    x = apply(convolution(`${stage}_widen`, width, {}), x);
    x = apply(relu(`${stage}_widen_relu`), x);
    for (let block = 1; block <= (architecture.residualBlocks[index] ?? 0); block++) {
      const name = `${stage}_block${block}`;
      let y = apply(convolution(`${name}_a`, width, {}), x);
      y = apply(relu(`${name}_a_relu`), y);
      y = apply(convolution(`${name}_b`, width, { gain: 0.1 }), y);
      x = apply(tf.layers.add({ name: `${prefix}${name}_add` }), [x, y]);
      x = apply(relu(`${name}_relu`), x);
    }
  });
  return x;
}

function withHead(
  tf: TensorFlow,
  image: SymbolicTensor,
  features: SymbolicTensor,
  layerSeed: () => number,
): LayersModel {
  const embedding = apply(tf.layers.globalAveragePooling2d({ name: 'embedding' }), features);
  const kernelInitializer = tf.initializers.glorotUniform({ seed: layerSeed() });
  const logit = apply(tf.layers.dense({ name: 'logit', units: 1, kernelInitializer }), embedding);
  return tf.model({ inputs: image, outputs: logit, name: 'cytograph' });
}
