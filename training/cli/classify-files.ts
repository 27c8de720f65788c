import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { type Artifact, ArtifactError } from '../../server/artifact/artifact.js';
import { type Config, ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { candidateFiles, countFiles } from '../../server/features/bulk/image-files.js';
import { readCandidate } from '../../server/features/datasets/read-candidate.js';
import { chunks, mapAhead } from '../../server/features/datasets/streams.js';
import { UnreadableImageError } from '../../server/imaging/unreadable-image.js';
import { ModelLoadError } from '../../server/inference/errors.js';
import { interpret } from '../../server/inference/interpret.js';
import { type InferencePool, openInferencePool } from '../../server/inference/pool.js';
import { createLog } from '../../server/log.js';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../server/storage/object-store.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { progressBar } from './progress-bar.js';
import { openResults, type ResultRow, SKIPPED, type ResultsFile, ResultsFileError } from './results-csv.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run classify -- FOLDER|s3://BUCKET/PREFIX --out results.csv [options]

Classifies every image in a folder or bucket, without a server, and writes a line for each file: an answer, or the reason why
there is none. The content decides whether a file is an image, not its name. Other files have the outcome ${SKIPPED}; files
that operating systems create (.DS_Store, Thumbs.db, @eaDir, hidden files, …) are only counted at the end.
If the command is interrupted, run it again to continue.

  --out       file to write to; existing lines are kept
  --model     folder of the artifact, or s3://BUCKET/models/NAME/VERSION (default: models/reference)

Exit code: 0 if every image has an answer, 2 if some images could not be read, 1 if the command failed.`;

const MODEL = 'model';
/** Images in progress for each thread: some are read while others are decoded and classified. */
const AHEAD = 4;
/** Lines written at once. After a crash at most these, and the images in progress, are classified again. */
const WRITE_AT_ONCE = 16;

/** The user stopped the command. */
class StoppedError extends Error {}

/** The configuration, model and thread pool that classify the files. */
interface Room {
  config: Config;
  artifact: Artifact;
  source: ObjectStore;
  pool: InferencePool;
  signal: AbortSignal;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string' }, model: { type: 'string', default: 'models/reference' } },
    allowPositionals: true,
  });
  const [place, ...more] = positionals;
  const { out } = values;
  if (!place || more.length > 0) throw new UsageError('Name one folder or bucket.');
  if (!out) throw new UsageError('--out is required.');

  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel, process.stderr); // standard output is for the summary
  const artifact = await readArtifact(openPlace(values.model, config), '', null);
  const source = openPlace(place, config);
  await source.probeReading();

  const stop = new AbortController();
  process.once('SIGINT', () =>
    stop.abort(new StoppedError(`Stopped. Run the same command again to continue.`)),
  );
  const threads = config.inferenceThreads;
  const { inferenceServer: server } = config;
  const results = await openResults(out, artifact.digest);
  // One image per run, so that its results do not depend on the other images of a batch.
  const pool = openInferencePool({ threads, queueLimit: threads * AHEAD, maxBatch: 1, server, log });
  try {
    await pool.load(MODEL, artifact.manifest, artifact.onnx);
    const room = { config, artifact, source, pool, signal: stop.signal };
    summarise(out, results, await classifyAll(room, results, threads * AHEAD));
  } finally {
    await pool.close();
    await results.close();
  }
}

function openPlace(place: string, { s3 }: Config): ObjectStore {
  return openObjectStore(/^(s3|file):/.test(place) ? place : `file:${resolve(place)}`, s3);
}

/** Classifies the files that have no line yet. Returns the number of system files, which get no line. */
async function classifyAll(room: Room, results: ResultsFile, ahead: number): Promise<number> {
  const { source, signal } = room;
  let done = 0;
  const { candidates: total, systemFiles } = await countFiles(source, signal, (key) => {
    if (results.has(key)) done += 1;
  });
  const before = done;
  const bar = progressBar(process.stderr, 'Classifying');
  const startedAt = performance.now();

  const rows = mapAhead(remaining(source, results), ahead, (file) => answerFile(room, file));
  for await (const batch of chunks(rows, ({ length }) => length >= WRITE_AT_ONCE)) {
    await results.append(batch);
    done += batch.length;
    const rate = (done - before) / ((performance.now() - startedAt) / 1000);
    bar(Math.min(done / total, 1), `${done} of ${total}, ${rate.toFixed(0)} a second`);
  }
  return systemFiles;
}

async function* remaining(source: ObjectStore, results: ResultsFile): AsyncGenerator<StoredObject> {
  for await (const file of candidateFiles(source)) if (!results.has(file.key)) yield file;
}

async function answerFile(room: Room, file: StoredObject): Promise<ResultRow> {
  const { config, artifact, source, pool, signal } = room;
  const { manifest, digest } = artifact;
  signal.throwIfAborted();
  const row = { ...NOTHING, file: file.key, version: digest };
  const candidate = await readCandidate(source, file, config.maxUploadBytes);
  if ('reason' in candidate) {
    const outcome = candidate.reason === 'NOT_AN_IMAGE' ? SKIPPED : '';
    return { ...row, outcome, error: candidate.detail };
  }
  const { bytes, sha256 } = candidate;
  try {
    const { logit, embedding, qualityWarnings } = await pool.infer(MODEL, bytes, signal);
    const answer = interpret(manifest, logit, embedding);
    const positive = answer.probabilities.find(({ label }) => label === manifest.positiveLabel);
    return {
      ...row,
      sha256,
      outcome: answer.outcome,
      label: answer.label,
      confidence: String(answer.confidence),
      probability: String(positive?.probability ?? ''),
      outOfDistributionScore: String(answer.outOfDistributionScore),
      warnings: qualityWarnings.join(' '),
    };
  } catch (error) {
    if (error instanceof UnreadableImageError) return { ...row, sha256, error: error.message };
    throw error;
  }
}

const NOTHING = {
  outcome: '',
  label: '',
  confidence: '',
  probability: '',
  outOfDistributionScore: '',
  warnings: '',
  sha256: '',
  error: '',
};

function summarise(out: string, { tally }: ResultsFile, systemFiles: number): void {
  const failed = tally.get('') ?? 0;
  const outcomes = [...tally]
    .filter(([outcome]) => outcome !== '' && outcome !== SKIPPED)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = [
    outcomes.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'no image',
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

try {
  await main();
} catch (error) {
  const isTheirs = [
    ArtifactError,
    ConfigError,
    ModelLoadError,
    ObjectStoreError,
    ResultsFileError,
    StoppedError,
    UsageError,
  ].some((kind) => error instanceof kind);
  const message = error instanceof Error ? (isTheirs ? error.message : error.stack) : String(error);
  process.stderr.write(`${message}\n${error instanceof UsageError ? `\n${usage}\n` : ''}`);
  process.exitCode = 1;
}
