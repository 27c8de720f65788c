// What a training recipe answers if the same cells are shown in other frames, out of fold: each cell is answered by the member
// that was not trained on its patient. Continues from the checkpoints that `npm run train` left below DATA_DIR, so give it the same
// options; members without a checkpoint are trained first.
//   node scripts/run.mjs benchmarks/frame-scale/bench --source file:../shared/data/deepapl-discovery --groups metadata.csv \
//     --positive blast --members 4 --set testShare=0 … [--images 1000] [--data ../shared/data] [--out FILE]
// --images  cells of the positive label, and cells of other labels, spread over all patients
// --data    has the fields of other slides that surround the cells
// --out     also writes the figures as JSON
// Prints one row for each frame and surroundings; docs/reference-model.md has the figures and the limits that are aimed at.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig, loadEnvFile } from '../../server/config.js';
import { readParameters } from '../../server/features/training/parameters.js';
import { openImage } from '../../server/imaging/open-image.js';
import { pictureOf } from '../../server/imaging/prepare-image.js';
import { randomFrom, shuffle } from '../../server/imaging/seeded-random.js';
import { createLog } from '../../server/log.js';
import type { Picture } from '../../server/pixels/prepare-pixels.js';
import { imageKey } from '../../server/storage/keys.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { pair } from '../../training/cli/class-mapping.js';
import { readFolderDataset } from '../../training/dataset/folder-dataset.js';
import { loadTensorFlow } from '../../training/tensorflow/tensorflow.js';
import { trainParts } from '../../training/train-model.js';
import { changeFrame, SURROUNDINGS } from './change-frame.js';
import { type FrameResult, frameTable, summarise } from './frame-results.js';
import { memberAnswers } from './member-answers.js';
import { cutSlidePatches } from './slide-patches.js';

/** How large a frame is, relative to that of the picture. */
const FACTORS = [0.5, 0.7, 1, 1.25, 1.5, 2, 3];
/** Pictures whose margins are used as real slide. */
const MARGINS = 60;

const { values } = parseArgs({
  options: {
    source: { type: 'string' },
    groups: { type: 'string' },
    positive: { type: 'string' },
    members: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    set: { type: 'string', multiple: true, default: [] },
    images: { type: 'string', default: '1000' },
    data: { type: 'string', default: '../shared/data' },
    out: { type: 'string' },
  },
});
const { source: place, positive: positiveLabel } = values;
if (!place || !positiveLabel) throw new Error('--source and --positive are required.');
const read = readParameters(
  [...values.set.map(pair), ['members', values.members] as const].map(([name, value]) => ({ name, value })),
);
if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));

loadEnvFile(process.cwd());
const config = loadConfig(process.env);
const dataset = await readFolderDataset(openObjectStore(place, config.s3), null, values.groups ?? null);
const { items } = dataset;
const task = {
  items,
  snapshotDigest: dataset.digest,
  positiveLabel,
  parameters: read.parameters,
  seed: Number(values.seed),
};
const folder = join(config.dataDir, 'training');
const tf = await loadTensorFlow();
const parts = await trainParts(
  {
    tf,
    store: dataset.store,
    log: createLog(config.logLevel),
    cacheFolder: join(folder, 'cache'),
    checkpointPath: join(folder, 'command-line', 'checkpoint'),
  },
  task,
  { onProgress: async () => {}, onEpoch: async () => {} },
  new AbortController().signal,
);
await parts.images.cache.close();

const isPositive = (index: number) => items[index]?.label === positiveLabel;
const chosen = [
  ...spread(Number(values.images), isPositive),
  ...spread(Number(values.images), (index) => !isPositive(index)),
];
const slide = await cutSlidePatches(
  values.data,
  await Promise.all(spread(MARGINS, () => true).map(pictureOfItem)),
);
const answer = memberAnswers(tf, parts);

const results: FrameResult[] = [];
for (const factor of FACTORS) {
  for (const surroundings of factor > 1 ? SURROUNDINGS : ([null] as const)) {
    const answers = await answer(chosen, async (index) => {
      const random = randomFrom('frame', index, factor);
      return changeFrame(await pictureOfItem(index), factor, surroundings ?? 'slide colour', slide, random);
    });
    results.push({ factor, surroundings, ...summarise(parts.rules, answers, chosen.map(isPositive)) });
    process.stderr.write(`${factor} ${surroundings ?? ''}\n`);
  }
}
const patients = new Set(chosen.map((index) => items[index]?.group)).size;
const ofPositive = chosen.filter(isPositive).length;
process.stdout.write(
  `${ofPositive} of ${positiveLabel} and ${chosen.length - ofPositive} others, of ${patients} patients\n\n`,
);
process.stdout.write(`${frameTable(results, positiveLabel)}\n`);
if (values.out) await writeFile(values.out, `${JSON.stringify(results, null, 2)}\n`);

/** At most `count` of the items outside the test split, in turn from each patient. */
function spread(count: number, isWanted: (index: number) => boolean): number[] {
  const byPatient = new Map<string, number[]>();
  const wanted = parts.plan.members.flatMap(({ heldOut }) => heldOut).filter(isWanted);
  for (const index of shuffle(wanted, randomFrom('frame-scale', count))) {
    const patient = items[index]?.group ?? items[index]?.imageSha256 ?? '';
    byPatient.set(patient, [...(byPatient.get(patient) ?? []), index]);
  }
  const rounds = Math.max(...[...byPatient.values()].map((own) => own.length));
  const inTurn = Array.from({ length: rounds }, (_, round) =>
    [...byPatient.values()].flatMap((own) => own[round] ?? []),
  );
  return inTurn.flat().slice(0, count);
}

async function pictureOfItem(index: number): Promise<Picture> {
  const item = items[index];
  if (!item) throw new RangeError(`There is no item ${index}.`);
  return pictureOf(await openImage(await dataset.store.get(imageKey(item.imageSha256))));
}
