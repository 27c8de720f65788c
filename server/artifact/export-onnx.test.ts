import * as tf from '@tensorflow/tfjs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { randomFrom } from '../imaging/seeded-random.js';
import { describeNetwork, exportOnnx } from './export-onnx.js';
import { LayersModelError } from './layers-model.js';

const { layers } = tf;
type Model = tf.LayersModel;

beforeAll(async () => {
  tf.enableProdMode(); // no advice to install the native backend: plain JavaScript is the reference here
  await tf.setBackend('cpu');
});

/** The two files that TensorFlow.js saves of a model whose weights, biases too, are set at random. */
async function save(model: Model): Promise<{ modelJson: Uint8Array; weights: Uint8Array }> {
  const random = randomFrom('weights');
  model.setWeights(
    model.getWeights().map((weight) => {
      const spread = 2 / Math.sqrt(weight.size / (weight.shape.at(-1) ?? 1) + 1);
      return tf.tensor(
        Float32Array.from({ length: weight.size }, () => random.between(-0.45, 0.55) * spread),
        weight.shape,
      );
    }),
  );
  let files: { modelJson: Uint8Array; weights: Uint8Array } | undefined;
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      files = {
        modelJson: new TextEncoder().encode(JSON.stringify({ modelTopology, weightsManifest })),
        weights: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
      };
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  if (!files) throw new Error('The model was not saved.');
  return files;
}

/** Largest difference between ONNX and TensorFlow.js, relative to the output's scale where that is above 1. */
async function disagreement(model: Model): Promise<Record<string, number>> {
  const pooling = model.layers.findLast((layer) => layer.getClassName() === 'GlobalAveragePooling2D');
  if (!pooling) throw new Error('The model has no pooling.');
  const { modelJson, weights } = await save(model);
  const session = await InferenceSession.create(exportOnnx(modelJson, weights));

  const [, height, width, channels] = model.inputs[0]?.shape ?? [];
  const shape = [2, height ?? 0, width ?? 0, channels ?? 0];
  const random = randomFrom('image');
  const image = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.between(-2, 2));
  const actual = await session.run({ image: new Tensor('float32', image, shape) });

  const whole = tf.model({
    inputs: model.inputs,
    outputs: [
      model.output as tf.SymbolicTensor,
      pooling.output as tf.SymbolicTensor,
      pooling.input as tf.SymbolicTensor,
    ],
  });
  const expected = whole.predict(tf.tensor(image, shape)) as tf.Tensor[];
  return Object.fromEntries(
    ['logits', 'embedding', 'features'].map((name, index) => {
      const theirs = expected[index];
      const ours = actual[name];
      if (!theirs || !ours) throw new Error(`No ${name}.`);
      expect(ours.dims).toEqual(theirs.shape);
      const values = theirs.dataSync();
      const scale = Math.max(1, ...values.map(Math.abs));
      return [name, Math.max(...values.map((value, i) => Math.abs(value - Number(ours.data[i])) / scale))];
    }),
  );
}

const sequential = (inputShape: [number, number, number], body: tf.layers.Layer[]): Model =>
  tf.sequential({
    layers: [
      layers.inputLayer({ inputShape }),
      ...body,
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 1 }),
    ],
  });

const padding = 'same' as const;
const ARCHITECTURES: Record<string, () => Model> = {
  'convolutions and max pooling': () =>
    sequential(
      [32, 32, 3],
      [
        layers.conv2d({ filters: 8, kernelSize: 3, padding, activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.conv2d({ filters: 12, kernelSize: 3, padding, activation: 'relu', useBias: false }),
      ],
    ),
  'same padding with strides on an odd, oblong image': () =>
    sequential(
      [37, 30, 3],
      [
        layers.conv2d({ filters: 5, kernelSize: [5, 3], strides: [2, 3], padding }),
        layers.activation({ activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 3, strides: 2, padding }),
        layers.conv2d({ filters: 6, kernelSize: 4, strides: 2, padding }),
      ],
    ),
  'same padding on an even image': () =>
    sequential(
      [28, 28, 3],
      [
        layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding, activation: 'relu' }),
        layers.conv2d({ filters: 4, kernelSize: 2, strides: 2, padding }),
      ],
    ),
  'valid padding': () =>
    sequential(
      [29, 31, 1],
      [
        layers.conv2d({ filters: 4, kernelSize: 5, strides: 2, padding: 'valid' }),
        layers.reLU(),
        layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'valid' }),
        layers.maxPooling2d({ poolSize: 2, padding: 'valid' }),
      ],
    ),
  'average pooling leaves padding out of the average': () =>
    sequential([15, 15, 2], [layers.averagePooling2d({ poolSize: 4, strides: 2, padding })]),
  'depthwise and separable convolutions': () =>
    sequential(
      [21, 20, 3],
      [
        layers.depthwiseConv2d({
          kernelSize: 3,
          depthMultiplier: 2,
          padding,
          strides: 2,
          activation: 'relu',
        }),
        layers.separableConv2d({ filters: 7, kernelSize: 3, padding, activation: 'relu' }),
        layers.separableConv2d({ filters: 4, kernelSize: 3, padding: 'valid' }),
      ],
    ),
  'layer normalisation over channels, and over the whole image': () =>
    sequential(
      [12, 10, 3],
      [
        layers.conv2d({ filters: 6, kernelSize: 3, padding }),
        layers.layerNormalization({}),
        layers.reLU(),
        layers.conv2d({ filters: 4, kernelSize: 3, padding }),
        layers.layerNormalization({ axis: [1, 2, 3], epsilon: 0.1 }),
        layers.layerNormalization({ axis: 1, center: false }),
      ],
    ),
  'a functional model with residuals and dropout': () => {
    const input = tf.input({ shape: [25, 25, 3] });
    const conv = (filters: number, strides = 1) =>
      layers.conv2d({ filters, kernelSize: 3, padding, strides });
    const stem = conv(6, 2).apply(input) as tf.SymbolicTensor;
    const left = layers.reLU().apply(conv(6).apply(stem)) as tf.SymbolicTensor;
    const right = conv(6).apply(left) as tf.SymbolicTensor;
    const sum = layers.add().apply([stem, left, right]);
    const pooled = layers
      .globalAveragePooling2d({})
      .apply(layers.activation({ activation: 'relu' }).apply(sum));
    const logit = layers.dense({ units: 1 }).apply(layers.dropout({ rate: 0.5 }).apply(pooled));
    return tf.model({ inputs: input, outputs: logit as tf.SymbolicTensor });
  },
  'branches of different widths, joined': () => {
    const input = tf.input({ shape: [18, 20, 3] });
    const branch = (filters: number) =>
      layers.conv2d({ filters, kernelSize: 3, padding, activation: 'relu' }).apply(input);
    const joined = layers
      .concatenate({ axis: -1 })
      .apply([branch(3), branch(5), branch(2)] as tf.SymbolicTensor[]);
    const logit = layers.dense({ units: 1 }).apply(layers.globalAveragePooling2d({}).apply(joined));
    return tf.model({ inputs: input, outputs: logit as tf.SymbolicTensor });
  },
};

describe('exportOnnx', () => {
  it.each(Object.entries(ARCHITECTURES))('agrees with TensorFlow.js: %s', async (_name, build) => {
    const differences = await disagreement(build());
    for (const difference of Object.values(differences)) expect(difference).toBeLessThan(1e-5);
  });

  it('gives the same bytes for the same model', async () => {
    const { modelJson, weights } = await save(
      sequential([8, 8, 3], [layers.conv2d({ filters: 2, kernelSize: 3 })]),
    );
    expect(exportOnnx(modelJson, weights)).toEqual(exportOnnx(modelJson, weights));
  });

  it.each<[string, () => Model, RegExp]>([
    [
      'a layer that cannot be exported to ONNX',
      () => sequential([8, 8, 3], [layers.batchNormalization({ name: 'norm' })]),
      /'norm' is a BatchNormalization.*Supported layers: InputLayer, .*Conv2D/s,
    ],
    [
      'an activation that is not supported',
      () =>
        sequential([8, 8, 3], [layers.conv2d({ name: 'c', filters: 2, kernelSize: 3, activation: 'tanh' })]),
      /'c' \(Conv2D\).*linear.*relu.*activation/s,
    ],
    [
      'dilation',
      () => sequential([8, 8, 3], [layers.conv2d({ name: 'c', filters: 2, kernelSize: 3, dilationRate: 2 })]),
      /'c'.*dilation_rate/s,
    ],
    [
      'a capped ReLU',
      () => sequential([8, 8, 3], [layers.reLU({ name: 'r', maxValue: 6 })]),
      /'r' \(ReLU\).*max_value/s,
    ],
    [
      'a sigmoid in place of the logit',
      () =>
        tf.sequential({
          layers: [
            layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }),
            layers.dense({ name: 'd', units: 1, activation: 'sigmoid' }),
          ],
        }),
      /'d' \(Dense\) must be one unit with a linear activation/,
    ],
    [
      'branches that are joined along another axis than the channels',
      () => {
        const input = tf.input({ shape: [8, 8, 3] });
        const joined = layers
          .concatenate({ name: 'j', axis: 1 })
          .apply([input, layers.reLU().apply(input)] as tf.SymbolicTensor[]);
        const logit = layers.dense({ units: 1 }).apply(layers.globalAveragePooling2d({}).apply(joined));
        return tf.model({ inputs: input, outputs: logit as tf.SymbolicTensor });
      },
      /'j' \(Concatenate\) must join channels/,
    ],
    [
      'another end',
      () =>
        tf.sequential({ layers: [layers.flatten({ inputShape: [8, 8, 3] }), layers.dense({ units: 1 })] }),
      /must end in GlobalAveragePooling2D → Dense; it ends in Flatten → Dense/,
    ],
  ])('refuses %s', async (_name, build, message) => {
    const { modelJson, weights } = await save(build());
    expect(() => exportOnnx(modelJson, weights)).toThrow(LayersModelError);
    expect(() => exportOnnx(modelJson, weights)).toThrow(message);
  });

  it('refuses weights that are not the ones model.json describes', async () => {
    const { modelJson, weights } = await save(sequential([8, 8, 3], []));
    expect(() => exportOnnx(modelJson, weights.subarray(4))).toThrow(/has 12 bytes; model.json describes 16/);
    expect(() => exportOnnx(modelJson, weights.subarray(1))).toThrow(/not whole float32/);
    expect(() => exportOnnx(new TextEncoder().encode('{}'), weights)).toThrow(
      /model.json is not what TensorFlow.js/,
    );
    expect(() => exportOnnx(new TextEncoder().encode('{'), weights)).toThrow(/model.json is not JSON/);
  });
});

test('describeNetwork counts parameters, multiply-accumulates and activations, and reads the evidence weights', async () => {
  const model = sequential([8, 8, 3], [layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, padding })]);
  const { modelJson, weights } = await save(model);
  const { evidence, parameters, macs, activations } = describeNetwork(modelJson, weights);
  expect(parameters).toBe(model.countParams());
  expect(macs).toBe(4 * 4 * 3 * 3 * 3 * 2 + 2);
  expect(activations).toBe(8 * 8 * 3 + 4 * 4 * 2);
  expect(evidence.grid).toEqual([4, 4]);
  const [kernel, bias] = model.layers.at(-1)?.getWeights() ?? [];
  expect(evidence.weights).toEqual(Array.from(kernel?.dataSync() ?? []));
  expect(evidence.bias).toBe(bias?.dataSync()[0]);
});
