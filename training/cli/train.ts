import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeArtifact } from '../../server/artifact/artifact-store.js';
import { ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { GroupsCsvError } from '../../server/features/datasets/groups-csv.js';
import { readParameters } from '../../server/features/training/parameters.js';
import { createLog } from '../../server/log.js';
import { ObjectStoreError } from '../../server/storage/object-store.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { crossValidate, crossValidationTable } from '../recipe/cross-validate.js';
import { readFolderDataset } from '../dataset/folder-dataset.js';
import { modelCard } from '../card/model-card.js';
import { loadTensorFlow } from '../tensorflow/tensorflow.js';
import { trainModel } from '../train-model.js';
import { TrainingDataError } from '../training-data-error.js';
import { classMapping, pair } from './class-mapping.js';
import { progressBar } from './progress-bar.js';
import { runProgram } from './run-program.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run train -- --source file:FOLDER --positive LABEL (--out FOLDER | --folds N) [options]

Trains a model on a folder of labelled sub-folders, without a server, and writes its artifact and card to a folder. The
same data, parameters and seed give the artifact that a training run of the server registers.

  --source    file:FOLDER or s3://BUCKET/PREFIX
  --positive  the label that the model detects
  --out       folder to write to; must not contain another artifact
  --folds     cross-validate the recipe by group (patient) in this many folds and print the metrics; keeps no model
  --classes   folder=label,…: the label of each sub-folder (default: the name of the folder)
  --groups    the groups CSV (file, patient) below the source
  --name      name of the model in its card (default: the name of the output folder)
  --seed      default: 1
  --members   number of networks in the model, each trained without one fold of the patients (default: 1)
  --set       name=value: a parameter of the recipe; may be repeated`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      source: { type: 'string' },
      positive: { type: 'string' },
      out: { type: 'string' },
      folds: { type: 'string' },
      classes: { type: 'string' },
      groups: { type: 'string' },
      name: { type: 'string' },
      seed: { type: 'string', default: '1' },
      members: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  const { source: place, positive, out } = values;
  if (!place || !positive) throw new UsageError('--source and --positive are required.');
  if ((out === undefined) === (values.folds === undefined)) {
    throw new UsageError('Give either --out, to train a model, or --folds, to cross-validate the recipe.');
  }
  const folds = Number(values.folds ?? 2);
  if (!Number.isInteger(folds) || folds < 2)
    throw new UsageError(`'${values.folds}' is not a number of folds; give a whole number from 2.`);
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0)
    throw new UsageError(`'${values.seed}' is not a seed; give a whole number from 0.`);
  const set = values.set.map(pair);
  if (values.members !== undefined) set.push(['members', values.members]);
  const read = readParameters(set.map(([name, value]) => ({ name, value })));
  if ('problems' in read) throw new UsageError(read.problems.map(({ message }) => message).join('\n'));

  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel);
  const source = openObjectStore(place, config.s3);
  const dataset = await readFolderDataset(source, classMapping(values.classes), values.groups ?? null);
  log.info(`Read ${dataset.items.length} images; the snapshot's digest is ${dataset.digest}`);
  for (const file of dataset.leftOut) log.warn(`Left out: ${file}`);

  const stop = new AbortController();
  process.once('SIGINT', () =>
    stop.abort(new Error('Stopped. Run the same command again to continue from the last epoch.')),
  );
  const folder = join(config.dataDir, 'training');
  const dependencies = {
    tf: await loadTensorFlow(),
    store: dataset.store,
    log,
    cacheFolder: join(folder, 'cache'),
    checkpointPath: join(folder, 'command-line', 'checkpoint'),
  };
  const task = {
    items: dataset.items,
    snapshotDigest: dataset.digest,
    positiveLabel: positive,
    parameters: read.parameters,
    seed,
  };
  if (out === undefined) {
    const validated = await crossValidate(dependencies, task, folds, stop.signal);
    process.stdout.write(`${crossValidationTable(validated)}\n`);
    return;
  }
  const bar = progressBar(process.stderr, 'Training');
  const trained = await trainModel(
    dependencies,
    task,
    {
      onProgress: async (share) => bar(share, `${(100 * share).toFixed(0)} %`),
      onEpoch: async () => {},
    },
    stop.signal,
  );
  bar(1, '100 %');

  const name = values.name ?? resolve(out).split(/[\\/]/).at(-1) ?? 'model';
  await mkdir(out, { recursive: true });
  await writeArtifact(openObjectStore(`file:${resolve(out)}`, config.s3), '', trained.artifact);
  const snapshot = { name, version: 1, source: place };
  const card = modelCard(trained.artifact.manifest, { ...trained.card, modelName: name, snapshot });
  await writeFile(join(out, 'MODEL_CARD.md'), card);
  log.info(`Wrote the model with the digest ${trained.artifact.digest} to ${out}`);
}

await runProgram(main, usage, [TrainingDataError, ConfigError, GroupsCsvError, ObjectStoreError]);
