import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiError, ConnectionError } from '../../clients/typescript/errors.js';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { ArtifactError } from '../../server/artifact/artifact.js';
import { type Config, ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { candidateFiles, countFiles } from '../../server/features/bulk/image-files.js';
import { readCandidate } from '../../server/features/datasets/read-candidate.js';
import { chunks, mapAhead } from '../../server/features/datasets/streams.js';
import { ModelLoadError } from '../../server/inference/errors.js';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../server/storage/object-store.js';
import type { ImageKind } from '../../server/pixels/field-cells.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import type { Classifier } from './classifier.js';
import { openLocalClassifier } from './local-classifier.js';
import { progressBar } from './progress-bar.js';
import {
  LEFT_OUT,
  NO_CELL,
  NOTHING,
  openResults,
  type ResultRow,
  type ResultsFile,
  ResultsFileError,
  SKIPPED,
} from './results-csv.js';
import { openServerClassifier, ServerRefusedError } from './server-classifier.js';
import { runProgram } from './run-program.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run classify -- FOLDER|s3://BUCKET/PREFIX --out results.csv [options]

Classifies every image in a folder or bucket, on this machine or on a server, and writes a line for each file (with --fields, for each
cell): an answer, or the reason why there is none. The content decides whether a file is an image, not its name. Other files have the outcome ${SKIPPED}; files
that operating systems create (.DS_Store, Thumbs.db, @eaDir, hidden files, …) are only counted at the end.
If the command is interrupted, run it again to continue.

  --out       file to write to; existing lines are kept
  --fields    each image is a field with several cells: a line for each cell, with its box in pixels in the last columns. Cells that
              are not classified, for example because the border cuts them off, have the outcome ${LEFT_OUT}
  --automatic  an image with several whole cells is a field, and any other image is one cell
  --model     folder of the artifact, or s3://BUCKET/models/NAME/VERSION (default: models/reference). With --server: the name of a
              model on the server, whose champion is used; needed only if there are several models
  --server    address of a Cytograph server that classifies the images and keeps them in its history. Its API token must be in the
              environment variable CYTOGRAPH_TOKEN

Exit code: 0 if every image has an answer, 2 if some images could not be read, 1 if the command failed.`;

/** Files whose lines are written at once. After a crash at most these, and the images in progress, are classified again. */
const WRITE_AT_ONCE = 16;

/** The user stopped the command. */
class StoppedError extends Error {}

/** The files to classify, and what classifies them. */
interface Work {
  source: ObjectStore;
  classifier: Classifier;
  /** The size of the largest image, in bytes. */
  maxBytes: number;
  signal: AbortSignal;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      out: { type: 'string' },
      fields: { type: 'boolean', default: false },
      automatic: { type: 'boolean', default: false },
      model: { type: 'string' },
      server: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [place, ...more] = positionals;
  const { out, fields, automatic } = values;
  if (!place || more.length > 0) throw new UsageError('Name one folder or bucket.');
  if (!out) throw new UsageError('--out is required.');
  if (fields && automatic) throw new UsageError('Choose either --fields or --automatic.');
  const imageKind = fields ? 'FIELD' : automatic ? 'AUTOMATIC' : 'CELL';

  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const source = openPlace(place, config);
  await source.probeReading();

  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // one for each cell in progress
  process.once('SIGINT', () =>
    stop.abort(new StoppedError(`Stopped. Run the same command again to continue.`)),
  );
  const classifier = await openClassifier({ ...values, out, imageKind }, config);
  try {
    const { version } = classifier;
    const results = await openResults(out, { version, withCells: imageKind !== 'CELL' });
    try {
      const work = { source, classifier, maxBytes: config.maxUploadBytes, signal: stop.signal };
      summarise(out, results, await classifyAll(work, results));
    } finally {
      await results.close();
    }
  } finally {
    await classifier.close();
  }
}

async function openClassifier(
  { server, model, out, imageKind }: { server?: string; model?: string; out: string; imageKind: ImageKind },
  config: Config,
): Promise<Classifier> {
  if (server === undefined) {
    const place = openPlace(model ?? 'models/reference', config);
    return openLocalClassifier(await readArtifact(place, '', null), config, imageKind);
  }
  const url = URL.canParse(server) ? new URL(server) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `--server is the address of a server, such as https://cytograph.example.org, not '${server}'.`,
    );
  }
  const token = process.env.CYTOGRAPH_TOKEN;
  if (!token) {
    throw new UsageError(
      'Set CYTOGRAPH_TOKEN to an API token of the server. Create it on the page My account, with the scope to classify.',
    );
  }
  return openServerClassifier({ url: url.href, token, model: model ?? null, out, imageKind });
}

function openPlace(place: string, { s3 }: Config): ObjectStore {
  return openObjectStore(/^(s3|file):/.test(place) ? place : `file:${resolve(place)}`, s3);
}

/** Classifies the files that have no line yet. Returns the number of system files, which get no line. */
async function classifyAll(work: Work, results: ResultsFile): Promise<number> {
  const { source, signal } = work;
  let done = 0;
  const { candidates: total, systemFiles } = await countFiles(source, signal, (key) => {
    if (results.has(key)) done += 1;
  });
  const before = done;
  const bar = progressBar(process.stderr, 'Classifying');
  const startedAt = performance.now();

  const files = mapAhead(remaining(source, results), work.classifier.ahead, (file) =>
    classifyFile(work, file),
  );
  for await (const batch of chunks(files, ({ length }) => length >= WRITE_AT_ONCE)) {
    await results.append(batch.flat());
    done += batch.length;
    const rate = (done - before) / ((performance.now() - startedAt) / 1000);
    bar(Math.min(done / total, 1), `${done} of ${total}, ${rate.toFixed(0)} a second`);
  }
  return systemFiles;
}

async function* remaining(source: ObjectStore, results: ResultsFile): AsyncGenerator<StoredObject> {
  for await (const file of candidateFiles(source)) if (!results.has(file.key)) yield file;
}

async function classifyFile(
  { source, classifier, maxBytes, signal }: Work,
  file: StoredObject,
): Promise<ResultRow[]> {
  signal.throwIfAborted();
  const row = { ...NOTHING, file: file.key, version: classifier.version };
  const candidate = await readCandidate(source, file, maxBytes);
  if ('reason' in candidate) {
    const outcome = candidate.reason === 'NOT_AN_IMAGE' ? SKIPPED : '';
    return [{ ...row, outcome, error: candidate.detail }];
  }
  const { sha256 } = candidate;
  const lines = await classifier.classify({ file: file.key, ...candidate }, signal);
  return lines.map((columns) => ({ ...row, sha256, ...columns }));
}

function summarise(out: string, { tally }: ResultsFile, systemFiles: number): void {
  const failed = tally.get('') ?? 0;
  const outcomes = [...tally]
    .filter(([outcome]) => !['', SKIPPED, LEFT_OUT, NO_CELL].includes(outcome))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [
    outcomes.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'no image was classified',
    ...counted(tally.get(LEFT_OUT) ?? 0, 'cell was left out', 'cells were left out'),
    ...counted(tally.get(NO_CELL) ?? 0, 'picture shows no cell', 'pictures show no cell'),
    ...counted(failed, 'image could not be read', 'images could not be read'),
    ...counted(tally.get(SKIPPED) ?? 0, 'file is not an image', 'files are not images'),
    ...counted(systemFiles, 'system file was left out', 'system files were left out'),
  ];
  process.stdout.write(`${out}: ${parts.join('; ')}.\n`);
  if (failed > 0) process.exitCode = 2;
}

/** Part of a sentence about `count` files; empty if there are none. */
function counted(count: number, one: string, many: string): string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
}

await runProgram(main, usage, [
  ApiError,
  ArtifactError,
  ConfigError,
  ConnectionError,
  ModelLoadError,
  ObjectStoreError,
  ResultsFileError,
  ServerRefusedError,
  StoppedError,
]);
