import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readArtifact, writeArtifact } from '../../server/artifact/artifact-store.js';
import { ArtifactError } from '../../server/artifact/artifact.js';
import { ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { readTrainingData } from '../../server/artifact/training-data.js';
import { GroupsCsvError } from '../../server/features/datasets/groups-csv.js';
import { FitExclusionReason } from '../../server/features/fitting/exclusion-reason.js';
import { type Exclusions, usableCells } from '../../server/features/fitting/usable-cells.js';
import { ModelLoadError } from '../../server/inference/errors.js';
import { createLog } from '../../server/log.js';
import { ObjectStoreError } from '../../server/storage/object-store.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { fitCard, fitTable } from '../card/fit-card.js';
import { readFolderDataset } from '../dataset/folder-dataset.js';
import { answerCells } from '../../evaluation/answer-cells.js';
import { EvaluationError } from '../../evaluation/evaluation-error.js';
import { auditCells } from '../fit/audit-cells.js';
import { fitArtifact } from '../fit/fit-artifact.js';
import { FitError } from '../fit/fit-error.js';
import { TrainingDataError } from '../training-data-error.js';
import { classMapping } from './class-mapping.js';
import { progressBar } from './progress-bar.js';
import { runProgram } from './run-program.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run fit -- --source file:FOLDER --out FOLDER [options]

Fits a version to a laboratory, without a server: the same network, with decision rules derived from a folder of locally labelled
cells. Prints the figures before and after, and writes the fitted version and its card.

  --source    file:FOLDER or s3://BUCKET/PREFIX
  --model     folder of the version to fit (default: models/reference)
  --out       folder to write to; must not contain another artifact
  --positive  the label in the folder that is the positive label of the version (default: the same name)
  --classes   folder=label,…: the label of each sub-folder (default: the name of the folder)
  --groups    the groups CSV (file, patient) below the source
  --name      name of the model in its card (default: the name of the output folder)`;

const UNKNOWN_TRAINING_DATA =
  'The base version does not state its training data, so cells and patients that it was trained on may be among the fitted ones. The figures are then too optimistic.';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      source: { type: 'string' },
      model: { type: 'string', default: 'models/reference' },
      out: { type: 'string' },
      positive: { type: 'string' },
      classes: { type: 'string' },
      groups: { type: 'string' },
      name: { type: 'string' },
    },
  });
  const { source: place, out } = values;
  if (!place || !out) throw new UsageError('--source and --out are required.');

  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel, process.stderr); // standard output is for the figures
  const base = await readArtifact(openObjectStore(`file:${resolve(values.model)}`, config.s3), '', null);
  const { positiveLabel } = base.manifest;
  const source = openObjectStore(place, config.s3);
  const dataset = await readFolderDataset(source, classMapping(values.classes), values.groups ?? null);
  for (const file of dataset.leftOut) log.warn(`Left out: ${file}`);
  const labels = [...new Set(dataset.items.map(({ label }) => label))];
  const positive = values.positive ?? positiveLabel;
  if (!labels.includes(positive)) {
    throw new UsageError(
      `The folder has no images labelled '${positive}'; its labels are ${labels.map((label) => `'${label}'`).join(', ')}. ` +
        `Say with --positive which of them means '${positiveLabel}'.`,
    );
  }
  const { trainingData } = base.manifest.provenance;
  const exclusions: Exclusions = new Map();
  const chosen = usableCells(
    dataset.items.map((item) => ({ ...item, label: item.label === positive ? positiveLabel : item.label })),
    trainingData ? readTrainingData(trainingData) : null,
    exclusions,
  );

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new FitError('Stopped.')));
  const bar = progressBar(process.stderr, 'Scoring');
  const total = chosen.length;
  const onProgress = (done: number) => bar(done / total, `${done} of ${total}`);
  const { store } = dataset;
  const cells = await answerCells(
    base,
    { cells: chosen, store },
    ({ logit, embedding, qualityWarnings }, { imageSha256, label, group }) => ({
      ...{ logit, embedding, qualityWarnings, imageSha256, group },
      isPositive: label === positiveLabel,
      cellTypeLabel: label,
    }),
    { threads: config.inferenceThreads, log, onProgress },
    stop.signal,
  );
  const shortcuts = await auditCells(chosen, base.manifest, store, stop.signal);
  const conflicting = exclusions.get(FitExclusionReason.CONFLICTING_LABELS) ?? 0;
  const choice = {
    excluded: {
      trainingImages: exclusions.get(FitExclusionReason.TRAINING_IMAGE) ?? 0,
      trainingPatients: exclusions.get(FitExclusionReason.TRAINING_PATIENT) ?? 0,
    },
    warnings: [
      ...(trainingData ? [] : [UNKNOWN_TRAINING_DATA]),
      ...(conflicting > 0
        ? [`${conflicting} images were left out, because the same image occurs with different labels.`]
        : []),
      ...shortcuts,
    ],
  };
  const { artifact } = await fitArtifact(base, cells, choice, stop.signal);
  const { fit } = artifact.manifest;
  if (!fit) throw new Error('The manifest of the fitted version does not say how it was fitted.');

  await mkdir(out, { recursive: true });
  await writeArtifact(openObjectStore(`file:${resolve(out)}`, config.s3), '', artifact);
  const name = values.name ?? resolve(out).split(/[\\/]/).at(-1) ?? 'model';
  const modelCard = await readFile(join(values.model, 'MODEL_CARD.md'), 'utf8').catch(
    () => 'It has no card.',
  );
  await writeFile(
    join(out, 'MODEL_CARD.md'),
    fitCard(artifact.manifest, { modelName: name, version: null, modelCard }),
  );

  const { trainingImages, trainingPatients } = fit.cells.excluded;
  const verdict = fit.figures.isClearlyBetter
    ? 'On these cells the fitted version is better than its base by more than chance.'
    : 'On these cells the fitted version is not clearly better than its base.';
  process.stdout.write(`${fitTable(fit.figures)}\n\n${verdict}\n`);
  if (fit.figures.noInterval) process.stdout.write(`${fit.figures.noInterval}\n`);
  if (trainingImages + trainingPatients > 0) {
    process.stdout.write(
      `Left out: ${trainingImages} images that the version was trained on, ${trainingPatients} images of patients in its training data.\n`,
    );
  }
  for (const warning of fit.warnings) process.stdout.write(`Warning: ${warning}\n`);
  log.info(`Wrote the fitted version with the digest ${artifact.digest} to ${out}`);
}

await runProgram(main, usage, [
  ArtifactError,
  ConfigError,
  EvaluationError,
  FitError,
  GroupsCsvError,
  ModelLoadError,
  ObjectStoreError,
  TrainingDataError,
]);
