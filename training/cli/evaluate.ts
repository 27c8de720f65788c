import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { ArtifactError } from '../../server/artifact/artifact.js';
import type { EvaluationMetrics, Interval } from '../../server/artifact/classification-metrics.js';
import { ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { GroupsCsvError } from '../../server/features/datasets/groups-csv.js';
import { digestOfItems } from '../../server/features/datasets/snapshot-manifest.js';
import { labelMappingProblem, withLabelsOf } from '../../server/features/models/evaluations/label-mapping.js';
import { ModelLoadError } from '../../server/inference/errors.js';
import { readTrainingData } from '../../server/artifact/training-data.js';
import { overlapByHashes } from '../../server/features/models/evaluations/overlap-by-hashes.js';
import { createLog } from '../../server/log.js';
import { ObjectStoreError } from '../../server/storage/object-store.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { readFolderDataset } from '../dataset/folder-dataset.js';
import { cohensKappa } from '../../evaluation/cohens-kappa.js';
import { EvaluationError } from '../../evaluation/evaluation-error.js';
import { measureModel } from '../../evaluation/measure-model.js';
import { TrainingDataError } from '../training-data-error.js';
import { classMapping } from './class-mapping.js';
import { progressBar } from './progress-bar.js';
import { runProgram } from './run-program.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run evaluate -- --source file:FOLDER [options]

Measures a model on a folder of labelled sub-folders, without a server, with the engine that serves it: the figures are
those of evaluateModelVersion on a snapshot of the folder.

  --source    file:FOLDER or s3://BUCKET/PREFIX
  --model     folder of the artifact (default: models/reference)
  --classes   folder=label,…: the label of each sub-folder (default: the name of the folder)
  --groups    the groups CSV (file, patient) below the source: intervals are then bootstrapped by patient
  --json      file to write all figures to, curves too`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      source: { type: 'string' },
      model: { type: 'string', default: 'models/reference' },
      classes: { type: 'string' },
      groups: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const { source: place, model } = values;
  if (!place) throw new UsageError('--source is required.');

  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const artifact = await readArtifact(openObjectStore(`file:${resolve(model)}`, config.s3), '', null);
  const { manifest, digest } = artifact;
  const source = openObjectStore(place, config.s3);
  const dataset = await readFolderDataset(source, classMapping(values.classes), values.groups ?? null);
  const log = createLog(config.logLevel, process.stderr); // standard output is for the figures
  for (const file of dataset.leftOut) log.warn(`Left out: ${file}`);

  const labels = [...new Set(dataset.items.map(({ label }) => label))];
  const problem = labelMappingProblem(manifest.classes, labels);
  if (problem) throw new EvaluationError(problem);
  const asTrained = await digestOfItems(withLabelsOf(manifest.classes, dataset.items));
  if ([dataset.digest, asTrained].some((known) => known === manifest.provenance.snapshotDigest)) {
    throw new EvaluationError(
      'The model was trained on these images, so they cannot evaluate it. Its manifest and its card have the metrics on ' +
        'the images held out from training.',
    );
  }

  const { trainingData } = manifest.provenance;
  const overlap = trainingData ? await overlapByHashes(dataset.items, readTrainingData(trainingData)) : null;
  if (overlap?.isContaminated) throw new EvaluationError(overlap.sentence);

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new EvaluationError('Stopped.')));
  const bar = progressBar(process.stderr, 'Evaluating');
  const total = dataset.items.length;
  const startedAt = performance.now();
  const onProgress = (done: number) => {
    const rate = done / ((performance.now() - startedAt) / 1000);
    bar(done / total, `${done} of ${total}, ${rate.toFixed(0)} a second`);
  };
  const { metrics } = await measureModel(
    artifact,
    { items: dataset.items, store: dataset.store },
    { threads: config.inferenceThreads, log, onProgress },
    stop.signal,
  );

  process.stdout.write(`${table(metrics)}\n`);
  const unchecked =
    'Whether single images or patients of the training data are among them was not checked (a server can: evaluateModelVersion).';
  process.stdout.write(`${overlap?.sentence ?? unchecked}\n`);
  if (values.json) {
    const report = { modelDigest: digest, snapshotDigest: dataset.digest, source: place, metrics };
    await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

function table(metrics: EvaluationMetrics): string {
  const rows: [string, string][] = [
    ['images', String(metrics.itemCount)],
    ['groups (patients)', metrics.groupCount === null ? 'unknown' : String(metrics.groupCount)],
    ['AUC', interval(metrics.auc)],
    ['sensitivity', interval(metrics.sensitivity)],
    ['specificity', interval(metrics.specificity)],
    ['balanced accuracy', interval(metrics.balancedAccuracy)],
    ['expected calibration error', number(metrics.expectedCalibrationError)],
    ['Brier score', number(metrics.brierScore)],
    ["Cohen's kappa", number(cohensKappa(metrics.confusionMatrix))],
    ['abstention rate', number(metrics.abstentionRate)],
    ...metrics.confusionMatrix.map(({ actual, predicted, count }): [string, string] => [
      `${actual} called ${predicted}`,
      String(count),
    ]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function interval(value: Interval | null): string {
  if (!value) return number(null);
  return `${number(value.estimate)}  (95 % ${number(value.lower)} to ${number(value.upper)})`;
}

function number(value: number | null): string {
  return value === null ? 'not defined by these labels' : value.toFixed(4);
}

await runProgram(main, usage, [
  ArtifactError,
  ConfigError,
  EvaluationError,
  GroupsCsvError,
  ModelLoadError,
  ObjectStoreError,
  TrainingDataError,
]);
