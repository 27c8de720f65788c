import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-node';
import type { TensorFlow } from './tensorflow.js';

/** Changes whenever `buildNetwork` builds another network for the same input size. */
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

/** As many stages as leave a last grid of 8 × 8 or more (for inputs of 96 and above) to show the evidence on. */
export function architectureFor(inputSize: number): Architecture {
  return inputSize < 128
    ? { stem: 16, widths: [32, 64, 96], residualBlocks: [0, 0, 1] }
    : { stem: 16, widths: [32, 48, 80, 128], residualBlocks: [0, 0, 1, 0] };
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
  let layerSeed = seed * 1000;
  const convolution = (
    name: string,
    filters: number,
    options: { size?: number; strides?: number; gain?: number },
  ) =>
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: options.size ?? 3,
      strides: options.strides ?? 1,
      padding: 'same',
      kernelInitializer: tf.initializers.varianceScaling({
        scale: 2 * (options.gain ?? 1) ** 2,
        mode: 'fanIn',
        distribution: 'truncatedNormal',
        seed: layerSeed++,
      }),
    });
  const relu = (name: string) => tf.layers.reLU({ name });
  const apply = (
    layer: { apply(x: SymbolicTensor | SymbolicTensor[]): unknown },
    x: SymbolicTensor | SymbolicTensor[],
  ) => layer.apply(x) as SymbolicTensor;

  const image = tf.input({ shape: [inputSize, inputSize, 3], name: 'image' });
  let x = apply(convolution('stem', architecture.stem, { size: 5, strides: 2 }), image);
  x = apply(relu('stem_relu'), x);
  architecture.widths.forEach((width, index) => {
    const stage = `stage${index + 1}`;
    if (index > 0) x = apply(tf.layers.maxPooling2d({ name: `${stage}_pool`, poolSize: 2, strides: 2 }), x);
    x = apply(convolution(`${stage}_widen`, width, {}), x);
    x = apply(relu(`${stage}_widen_relu`), x);
    for (let block = 1; block <= (architecture.residualBlocks[index] ?? 0); block++) {
      const name = `${stage}_block${block}`;
      let y = apply(convolution(`${name}_a`, width, {}), x);
      y = apply(relu(`${name}_a_relu`), y);
      y = apply(convolution(`${name}_b`, width, { gain: 0.1 }), y);
      x = apply(tf.layers.add({ name: `${name}_add` }), [x, y]);
      x = apply(relu(`${name}_relu`), x);
    }
  });
  const embedding = apply(tf.layers.globalAveragePooling2d({ name: 'embedding' }), x);
  const logit = apply(
    tf.layers.dense({
      name: 'logit',
      units: 1,
      kernelInitializer: tf.initializers.glorotUniform({ seed: layerSeed++ }),
    }),
    embedding,
  );
  return tf.model({ inputs: image, outputs: logit, name: 'cytograph' });
}
