// How often cells of a type that is not in the training images get the name of another type. One label after the other is left out of training: a
// member of the ensemble is trained without the label's images, its rules are derived from its held-out images without them, and it
// answers all images of the label.
//   node scripts/run.mjs benchmarks/left-out-types/bench --source file:../shared/data/deepapl-discovery --groups metadata.csv \
//     --positive blast [--set epochs=8 …] [--without monocyte …] [--every 1] [--out FILE]
// --set      parameters of the recipe, as for `npm run train`
// --without  only these labels are left out; by default, all except the positive one
// --every    trains on every n-th image only, which is faster and worse
// Continues from its checkpoints below DATA_DIR. docs/decisions/0059-cell-types.md has the figures.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, loadEnvFile } from '../../server/config.js';
import { readParameters } from '../../server/features/training/parameters.js';
import { interpret } from '../../server/decision/interpret.js';
import { createLog } from '../../server/log.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { deriveDecisionRules } from '../../training/calibration/derive-decision-rules.js';
import { pair } from '../../training/cli/class-mapping.js';
import { readFolderDataset } from '../../training/dataset/folder-dataset.js';
import { openPixelCache } from '../../training/dataset/pixel-cache.js';
import { scoreImages } from '../../training/network/score-images.js';
import { measurePictures } from '../../training/train-model.js';
import { planTraining } from '../../training/recipe/plan-training.js';
import { trainMember } from '../../training/recipe/train-member.js';
import { loadTensorFlow } from '../../training/tensorflow/tensorflow.js';

/** The figures of one label that was left out. */
interface LeftOut {
  label: string;
  /** Images of the label. */
  images: number;
  /** Of these, images that are classified, and images that get the name of another type. */
  classified: number;
  named: number;
  names: Record<string, number>;
  /** The share of the held-out images of the other labels that are named. */
  othersNamed: number;
  thresholds: Record<string, number | null>;
}

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    groups: { type: 'string' },
    positive: { type: 'string' },
    seed: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] },
    without: { type: 'string', multiple: true },
    every: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
const { source: place, positive: positiveLabel = '' } = values;
if (!place || positiveLabel === '') throw new Error('--source and --positive are required.');
const read = readParameters(values.set.map(pair).map(([name, value]) => ({ name, value })));
if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
const { parameters } = read;

loadEnvFile(process.cwd());
const config = loadConfig(process.env);
const log = createLog(config.logLevel);
const dataset = await readFolderDataset(openObjectStore(place, config.s3), null, values.groups ?? null);
const { items, store, digest: snapshotDigest } = dataset;
const signal = new AbortController().signal;
const folder = join(config.dataDir, 'training');
const tf = await loadTensorFlow();
const task = { items, snapshotDigest, positiveLabel, parameters, seed: Number(values.seed) };
const plan = await measurePictures({ store, log }, task, planTraining(task), signal);
const member = plan.members[0] ?? { train: [], heldOut: [] };
const { preprocessing } = plan;
const cache = await openPixelCache(
  join(folder, 'cache'),
  { store, snapshotDigest, items, preprocessing },
  async () => {},
  signal,
);
const source = { cache, preprocessing, batchSize: parameters.batchSize };

const labels = [...new Set(items.map(({ label }) => label))].sort();
const results: LeftOut[] = [];
for (const label of values.without ?? labels.filter((each) => each !== positiveLabel)) {
  results.push(await withoutLabel(label));
  log.info(results.at(-1), 'Left out');
}
await cache.close();
process.stdout.write(`${tableOf(results)}\n`);
if (values.out) await writeFile(values.out, `${JSON.stringify(results, null, 2)}\n`);

async function withoutLabel(label: string): Promise<LeftOut> {
  const isOther = (index: number) => items[index]?.label !== label;
  const train = member.train.filter(isOther).filter((_, at) => at % Number(values.every) === 0);
  const heldOut = member.heldOut.filter(isOther);
  // The label must not be among those that the second head knows. None of its images is trained or validated on.
  const known = items.map((item) => ({ ...item, label: item.label === label ? positiveLabel : item.label }));
  const trained = await trainMember(
    {
      ...{ tf, source, positiveLabel, parameters, seed: task.seed, index: 0 },
      labels: known.map((item) => item.label),
      snapshotDigest: `${snapshotDigest} without ${label}`,
      plan: { train, heldOut },
      checkpointPath: join(folder, 'left-out-types', label),
    },
    {
      onEpoch: async ({ epoch, validationAuc }) => log.info({ label, epoch, validationAuc }, 'Trained'),
      onProgress: async () => {},
    },
    signal,
  );
  const ownPlan = { ...plan, members: [{ train, heldOut }] };
  const rules = deriveDecisionRules({ ...task, items: known }, ownPlan, [trained]);
  const answersFor = async (indices: readonly number[]) => {
    const { logits, embeddings } = await scoreImages(tf, trained.model, source, indices, signal);
    const { slope, intercept } = trained.calibration;
    return indices.map((_, at) => {
      const logit = slope * (logits[at] ?? NaN) + intercept;
      return interpret(rules, { logit, embedding: embeddings[at] ?? [], qualityWarnings: [] });
    });
  };
  const ofLabel = await answersFor(items.flatMap((_, index) => (isOther(index) ? [] : [index])));
  const ofOthers = await answersFor(heldOut);
  trained.model.dispose();
  const names: Record<string, number> = {};
  for (const { cellType } of ofLabel) if (cellType !== null) names[cellType] = (names[cellType] ?? 0) + 1;
  const { labels: types = [], thresholds = [] } = rules.cellTypes ?? {};
  return {
    ...{ label, names, images: ofLabel.length },
    classified: ofLabel.filter(({ outcome }) => outcome === 'CLASSIFIED').length,
    named: ofLabel.filter(({ cellType }) => cellType !== null).length,
    othersNamed: ofOthers.filter(({ cellType }) => cellType !== null).length / ofOthers.length,
    thresholds: Object.fromEntries(types.map((type, index) => [type, thresholds[index] ?? null])),
  };
}

function tableOf(all: readonly LeftOut[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return [
    '| left out | images | classified | named | as | other images named |',
    '| --- | ---: | ---: | ---: | --- | ---: |',
    ...all.map(({ label, images, classified, named, names, othersNamed }) => {
      const as = Object.entries(names).map(([name, count]) => `${count} ${name}`);
      const shares = [classified, named].map((count) => percent(count / images));
      return `| ${[label, images, ...shares, as.join(', ') || '–', percent(othersNamed)].join(' | ')} |`;
    }),
  ].join('\n');
}
