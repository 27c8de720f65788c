// How fast training is: milliseconds per image of the product's training, including reading and augmentation, compared with the
// same network in a bare TensorFlow.js loop on tensors in memory; and the seconds of the ONNX export and its check.
//   node scripts/run.mjs benchmarks/training-speed --source file:FOLDER --positive blast --images 2000 --epochs 3
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LayersModel, Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-node';
import { TrainingParameters } from '../server/features/training/parameters.js';
import { loadConfig } from '../server/config.js';
import { openObjectStore } from '../server/storage/open-object-store.js';
import { plainBatches } from '../training/dataset/batches.js';
import { readFolderDataset } from '../training/dataset/folder-dataset.js';
import { openPixelCache } from '../training/dataset/pixel-cache.js';
import { checkParity, exportModel } from '../training/network/export-model.js';
import { trainNetwork } from '../training/network/train-network.js';
import { architectureFor, buildNetwork } from '../training/network/network.js';
import { loadTensorFlow, type TensorFlow } from '../training/tensorflow/tensorflow.js';
import { augmentationFor, preprocessingFor } from '../training/recipe/recipe.js';

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    positive: { type: 'string' },
    images: { type: 'string', default: '2000' },
    epochs: { type: 'string', default: '3' },
  },
});
if (!values.source || !values.positive) throw new Error('--source and --positive are required.');
const parameters = TrainingParameters.parse({ epochs: Number(values.epochs) });
const { batchSize, epochs, inputSize, learningRate } = parameters;
const positiveLabel = values.positive;
const signal = new AbortController().signal;
const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-training-speed-'));

try {
  const tf = await loadTensorFlow();
  const dataset = await readFolderDataset(openObjectStore(values.source, loadConfig({}).s3), null, null);
  const every = Math.max(1, Math.floor(dataset.items.length / Number(values.images)));
  const items = dataset.items.filter((_, index) => index % every === 0);
  const preprocessing = preprocessingFor(parameters);
  const cache = await openPixelCache(
    folder,
    { store: dataset.store, snapshotDigest: 'benchmark', items, preprocessing },
    async () => {},
    signal,
  );
  const source = { cache, preprocessing, batchSize };
  const all = items.map((_, index) => index);
  const labels = items.map(({ label }) => label);
  const network = () => buildNetwork(tf, inputSize, architectureFor(inputSize, 1), 1);

  // In alternation, so that other load on the machine affects both.
  const times = { bare: [] as number[], product: [] as number[] };
  const model = network();
  for (let round = 0; round < epochs; round++) {
    times.bare.push(bareEpoch(tf, network(), source, all, labels));
    const seconds: number[] = [];
    await trainNetwork(
      {
        tf,
        model: round === 0 ? model : network(),
        source,
        labels,
        positiveLabel,
        train: all,
        validation: all.slice(0, batchSize),
        seed: round,
        epochs: 2, // the first also starts the thread that prepares the batches
        learningRate,
        patience: 2,
        augmentation: augmentationFor(parameters),
        classWeights: true,
        auxiliaryLabels: parameters.auxiliaryLabels,
        checkpointPath: path.join(folder, `checkpoint-${round}`),
        identity: 'benchmark',
      },
      { onEpoch: async (figures) => void seconds.push(figures.seconds), onProgress: async () => {} },
      signal,
    );
    times.product.push((Math.min(...seconds) * 1000) / items.length);
  }

  const exporting = performance.now();
  const { onnx } = await exportModel(tf, model);
  const checking = performance.now();
  const parity = await checkParity(tf, model, onnx, source, all.slice(0, 64), signal);
  const done = performance.now();
  await cache.close();

  const bare = Math.min(...times.bare);
  const product = Math.min(...times.product);
  console.log(`${items.length} images of ${inputSize} px, batches of ${batchSize}, best of ${epochs} rounds`);
  console.log(`bare TensorFlow.js loop, tensors in memory: ${bare.toFixed(2)} ms/image`);
  console.log(`the product's fit, whole epoch:             ${product.toFixed(2)} ms/image`);
  console.log(`ratio of the rates: ${(bare / product).toFixed(2)} (aim: at least 0.85)`);
  console.log(`ONNX export ${((checking - exporting) / 1000).toFixed(2)} s`);
  console.log(`parity of 64 images ${((done - checking) / 1000).toFixed(2)} s, largest difference ${parity}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Milliseconds per image of one epoch with TensorFlow.js's own Adam on batches that are already in memory. */
function bareEpoch(
  tf: TensorFlow,
  model: LayersModel,
  source: Parameters<typeof plainBatches>[0],
  indices: readonly number[],
  labels: readonly string[],
): number {
  const batches = [...plainBatches(source, indices)].map((batch) => ({
    images: tf.tensor4d(batch.images, [batch.indices.length, inputSize, inputSize, 3]),
    targets: tf.tensor1d(batch.indices.map((index) => Number(labels[index] === positiveLabel))),
  }));
  const variables = model.trainableWeights.map((weight) => weight.read() as Variable);
  const optimizer = tf.train.adam(learningRate);
  const step = (images: Tensor, targets: Tensor1D) =>
    tf.tidy(() => {
      const cost = optimizer.minimize(
        () => {
          const logits = (model.apply(images, { training: true }) as Tensor).reshape([-1]);
          return tf.losses.sigmoidCrossEntropy(targets, logits).asScalar();
        },
        true,
        variables,
      );
      return cost?.dataSync()[0];
    });
  const [first] = batches;
  if (first) step(first.images, first.targets); // the first step also sets up the engine
  const started = performance.now();
  for (const { images, targets } of batches) step(images, targets);
  const milliseconds = (performance.now() - started) / indices.length;
  tf.dispose(batches.flatMap(({ images, targets }) => [images, targets]));
  optimizer.dispose();
  model.dispose();
  return milliseconds;
}
