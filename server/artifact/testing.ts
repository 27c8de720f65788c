import { randomFrom } from '../imaging/seeded-random.js';
import { type Artifact, sealArtifact } from './artifact.js';
import { describeNetwork, exportOnnx } from './export-onnx.js';
import type { Manifest } from './manifest.js';

/** A convolution of 3 × 3 with bias and ReLU, or a max pooling of 2 × 2. */
type RandomLayer = { readonly filters: number; readonly strides?: number } | 'pool';

const SMALL_DIMENSIONS = 16;
const SMALL: readonly RandomLayer[] = [{ filters: 8, strides: 2 }, 'pool', { filters: SMALL_DIMENSIONS }];

/** 195 million multiply-accumulates for an image of 224²: what serving is measured with. */
const BENCHMARK: readonly RandomLayer[] = [
  { filters: 16 },
  'pool',
  { filters: 32 },
  'pool',
  { filters: 64 },
  'pool',
  { filters: 128 },
  'pool',
];

/** An artifact of realistic size for measuring serving. Its weights are random, so its answers are meaningless. */
export function benchmarkArtifact(seed = 1, manifest: Partial<Omit<Manifest, 'files'>> = {}): Artifact {
  return randomArtifact({ seed, inputSize: 224, layers: BENCHMARK, manifest });
}

/**
 * A small artifact for tests, complete and valid, with random weights: it loads, runs and classifies (without meaning).
 * The same seed gives the same digest. Unless `manifest` says otherwise its answers are CLASSIFIED: nothing is out of
 * distribution and it never abstains.
 */
export function randomArtifact(
  options: {
    seed?: number;
    inputSize?: number;
    layers?: readonly RandomLayer[];
    manifest?: Partial<Omit<Manifest, 'files'>>;
  } = {},
): Artifact {
  const { seed = 1, inputSize = 64, layers = SMALL } = options;
  const { modelJson, weights } = randomNetwork(seed, inputSize, layers);
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
      format: 'cytograph-model/2',
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
        mean: new Array<number>(evidence.weights.length).fill(0),
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

/**
 * A second head for `randomArtifact` that gives every image the same probabilities, and names the most probable label from one half on.
 * The probabilities have the proportions of the numbers.
 */
export function constantCellTypes(
  proportions: Readonly<Record<string, number>>,
): NonNullable<Manifest['cellTypes']> {
  const labels = Object.keys(proportions);
  return {
    labels,
    weights: labels.map(() => new Array<number>(SMALL_DIMENSIONS).fill(0)),
    biases: Object.values(proportions).map(Math.log),
    temperature: 1,
    thresholds: labels.map(() => 0.5),
  };
}

/** A convolutional network in the files that TensorFlow.js would save, without TensorFlow.js. */
function randomNetwork(
  seed: number,
  inputSize: number,
  wanted: readonly RandomLayer[],
): { modelJson: Uint8Array; weights: Uint8Array } {
  const random = randomFrom(seed, 'weights');
  const values: number[] = [];
  const entries: { name: string; shape: number[]; dtype: 'float32' }[] = [];
  const draw = (name: string, shape: number[], bound: number) => {
    entries.push({ name, shape, dtype: 'float32' });
    const count = shape.reduce((product, size) => product * size, 1);
    for (let index = 0; index < count; index++) values.push(random.between(-bound, bound));
  };

  let channels = 3;
  const hidden = wanted.map((layer, index) => {
    if (layer === 'pool') return pooling(`pool${index}`);
    const { filters, strides = 1 } = layer;
    draw(`conv${index}/kernel`, [3, 3, channels, filters], Math.sqrt(6 / (9 * channels))); // He et al. 2015
    draw(`conv${index}/bias`, [filters], 0.5);
    channels = filters;
    return convolution(`conv${index}`, filters, strides);
  });
  draw('logit/kernel', [channels, 1], Math.sqrt(6 / channels));
  draw('logit/bias', [1], 0.5);

  const layers = [
    {
      class_name: 'InputLayer',
      config: { name: 'input', batch_input_shape: [null, inputSize, inputSize, 3] },
    },
    ...hidden,
    { class_name: 'GlobalAveragePooling2D', config: { name: 'average' } },
    { class_name: 'Dense', config: { name: 'logit', units: 1, activation: 'linear', use_bias: true } },
  ];
  const modelJson = JSON.stringify({
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'random', layers } },
    weightsManifest: [{ paths: ['weights.bin'], weights: entries }],
  });
  return {
    modelJson: new TextEncoder().encode(modelJson),
    weights: new Uint8Array(Float32Array.from(values).buffer),
  };
}

function convolution(name: string, filters: number, strides: number) {
  return {
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
  };
}

function pooling(name: string) {
  return {
    class_name: 'MaxPooling2D',
    config: { name, pool_size: [2, 2], strides: [2, 2], padding: 'valid' },
  };
}
