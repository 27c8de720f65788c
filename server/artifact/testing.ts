import { randomFrom } from '../imaging/seeded-random.js';
import { type Artifact, sealArtifact } from './artifact.js';
import { describeNetwork, exportOnnx } from './export-onnx.js';
import type { Manifest } from './manifest.js';

const LAST_CHANNELS = 16;

/**
 * A small artifact for tests, complete and valid, with random weights: it loads, runs and classifies (without meaning).
 * The same seed gives the same digest. Unless `manifest` says otherwise its answers are CLASSIFIED: nothing is out of
 * distribution and it never abstains.
 */
export function randomArtifact(
  options: { seed?: number; inputSize?: number; manifest?: Partial<Omit<Manifest, 'files'>> } = {},
): Artifact {
  const { seed = 1, inputSize = 64 } = options;
  const { modelJson, weights } = randomNetwork(seed, inputSize);
  const { evidence, parameters, macs } = describeNetwork(modelJson, weights);
  const metrics: Manifest['metrics']['validation'] = {
    itemCount: 100,
    groupCount: 10,
    auc: { estimate: 0.9, lower: 0.85, upper: 0.94 },
    sensitivity: { estimate: 0.8, lower: 0.7, upper: 0.9 },
    specificity: { estimate: 0.9, lower: 0.8, upper: 0.95 },
    balancedAccuracy: { estimate: 0.85, lower: 0.78, upper: 0.91 },
    expectedCalibrationError: 0.05,
    brierScore: 0.1,
    abstentionRate: 0,
    confusionMatrix: [
      { actual: 'normal', predicted: 'normal', count: 45 },
      { actual: 'normal', predicted: 'blast', count: 5 },
      { actual: 'blast', predicted: 'normal', count: 10 },
      { actual: 'blast', predicted: 'blast', count: 40 },
    ],
    rocCurve: [
      { x: 0, y: 0 },
      { x: 0.1, y: 0.8 },
      { x: 1, y: 1 },
    ],
    reliabilityCurve: [
      { x: 0.2, y: 0.18 },
      { x: 0.8, y: 0.83 },
    ],
  };

  return sealArtifact(
    {
      format: 'cytograph-model/1',
      classes: ['normal', 'blast'],
      positiveLabel: 'blast',
      preprocessing: {
        inputSize,
        colour: { kind: 'white-balance', percentile: 95, target: 240 },
        mean: [0.8, 0.7, 0.75],
        std: [0.2, 0.25, 0.15],
      },
      calibration: { method: 'platt', slope: 1, intercept: 0 },
      decisionThreshold: 0.5,
      abstentionBand: [0.5, 0.5],
      outOfDistribution: {
        method: 'mahalanobis',
        mean: new Array<number>(LAST_CHANNELS).fill(0),
        components: [],
        variances: [],
        residualVariance: 1,
        typicalDistance: 0,
        threshold: 1e6,
      },
      evidence,
      network: { name: 'random', parameters, macs },
      provenance: { snapshotDigest: null, seed, parameters: {}, codeRevision: null, libraries: {} },
      metrics: { validation: metrics, test: null },
      ...options.manifest,
    },
    { modelJson, weights, onnx: exportOnnx(modelJson, weights) },
  );
}

/** A convolutional network in the files that TensorFlow.js would save, without TensorFlow.js. */
function randomNetwork(seed: number, inputSize: number): { modelJson: Uint8Array; weights: Uint8Array } {
  const convolution = (name: string, filters: number, strides: number) => ({
    class_name: 'Conv2D',
    config: {
      name,
      filters,
      kernel_size: [3, 3],
      strides: [strides, strides],
      padding: 'same',
      activation: 'relu',
      use_bias: true,
    },
  });
  const layers = [
    {
      class_name: 'InputLayer',
      config: { name: 'input', batch_input_shape: [null, inputSize, inputSize, 3] },
    },
    convolution('conv1', 8, 2),
    {
      class_name: 'MaxPooling2D',
      config: { name: 'pool1', pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
    },
    convolution('conv2', LAST_CHANNELS, 1),
    { class_name: 'GlobalAveragePooling2D', config: { name: 'average' } },
    { class_name: 'Dense', config: { name: 'logit', units: 1, activation: 'linear', use_bias: true } },
  ];
  const shapes = {
    'conv1/kernel': [3, 3, 3, 8],
    'conv1/bias': [8],
    'conv2/kernel': [3, 3, 8, LAST_CHANNELS],
    'conv2/bias': [LAST_CHANNELS],
    'logit/kernel': [LAST_CHANNELS, 1],
    'logit/bias': [1],
  };
  const entries = Object.entries(shapes).map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
  const count = entries.reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  const random = randomFrom(seed, 'weights');
  const values = Float32Array.from({ length: count }, () => random.between(-0.5, 0.5));

  const modelJson = JSON.stringify({
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'random', layers } },
    weightsManifest: [{ paths: ['weights.bin'], weights: entries }],
  });
  return { modelJson: new TextEncoder().encode(modelJson), weights: new Uint8Array(values.buffer) };
}
