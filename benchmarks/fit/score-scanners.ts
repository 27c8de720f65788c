// Records the outputs of a trained version for its training images as they are, as the simulated scanners of the recipe show them and as
// further scanners show them, for `prior.ts` and `bench.ts`. Scores each scanner once, so that draws from the scores are cheap.
//   node scripts/run.mjs benchmarks/fit/score-scanners --source file:../shared/data/deepapl-discovery --groups metadata.csv \
//     --out FOLDER [--model models/reference] [--every 2]
// --every  for all but the unchanged images, one image of this many is scored
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { loadConfig, loadEnvFile } from '../../server/config.js';
import { TrainingParameters } from '../../server/features/training/parameters.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { readFolderDataset } from '../../training/dataset/folder-dataset.js';
import { openPixelCache } from '../../training/dataset/pixel-cache.js';
import { SIMULATED_SCANNERS } from '../../training/dataset/simulated-scanners.js';
import { scoreImages } from '../../training/network/score-images.js';
import { planTraining } from '../../training/recipe/plan-training.js';
import { loadTensorFlow } from '../../training/tensorflow/tensorflow.js';
import { FURTHER_SCANNERS } from './further-scanners.js';

/** `model.json` of a TensorFlow.js Layers model. */
const LayersModelJson = z.object({
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(
    z.object({
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.number()), dtype: z.literal('float32') }),
      ),
    }),
  ),
});

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    groups: { type: 'string' },
    model: { type: 'string', default: 'models/reference' },
    out: { type: 'string' },
    every: { type: 'string', default: '2' },
  },
});
if (!values.source || !values.out) throw new Error('--source and --out are required.');
loadEnvFile(process.cwd());
const config = loadConfig(process.env);
const { manifest, modelJson, weights } = await readArtifact(
  openObjectStore(`file:${resolve(values.model)}`, config.s3),
  '',
  null,
);
const dataset = await readFolderDataset(
  openObjectStore(values.source, config.s3),
  null,
  values.groups ?? null,
);
if (dataset.digest !== manifest.provenance.snapshotDigest)
  throw new Error(
    'The version was not trained on this folder, so it is unknown which member held out which patient.',
  );

const { items } = dataset;
const plan = planTraining({
  items,
  snapshotDigest: dataset.digest,
  positiveLabel: manifest.positiveLabel,
  parameters: TrainingParameters.parse(manifest.provenance.parameters),
  seed: manifest.provenance.seed,
});
const signal = new AbortController().signal;
const { preprocessing } = manifest;
const cache = await openPixelCache(
  join(config.dataDir, 'training', 'cache'),
  { store: dataset.store, snapshotDigest: dataset.digest, items, preprocessing },
  async () => {},
  signal,
);
const tf = await loadTensorFlow();
const topology = LayersModelJson.parse(JSON.parse(Buffer.from(modelJson).toString('utf8')));
const model = await tf.loadLayersModel(
  tf.io.fromMemory({
    modelTopology: topology.modelTopology,
    weightSpecs: topology.weightsManifest.flatMap(({ weights: specs }) => specs),
    weightData: new Uint8Array(weights).buffer,
  }),
);

await mkdir(values.out, { recursive: true });
const looks = [{ name: 'as they are', variant: null }, ...SIMULATED_SCANNERS, ...FURTHER_SCANNERS];
const recorded = [];
for (const [number, { name, variant }] of looks.entries()) {
  const every = variant ? Number(values.every) : 1;
  const indices = items.flatMap((_, index) => (index % every === 0 ? [index] : []));
  const source = { cache, preprocessing, batchSize: 64 };
  const started = performance.now();
  const { embeddings } = await scoreImages(tf, model, source, indices, signal, variant);
  const file = `scanner-${number}.f32`;
  await writeFile(
    join(values.out, file),
    Buffer.concat(embeddings.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength))),
  );
  recorded.push({ name, every, file, count: indices.length });
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(`${name}: ${indices.length} images in ${seconds.toFixed(0)} s\n`);
}
const heldOutBy = items.map((_, index) => plan.members.findIndex(({ heldOut }) => heldOut.includes(index)));
await writeFile(
  join(values.out, 'scores.json'),
  JSON.stringify({
    items: items.map(({ label, group }, index) => ({ label, group, member: heldOutBy[index] })),
    scanners: recorded,
  }),
);
await cache.close();
