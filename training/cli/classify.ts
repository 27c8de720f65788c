import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readArtifact } from '../../server/artifact/artifact-store.js';
import { type Artifact, ArtifactError } from '../../server/artifact/artifact.js';
import { type Config, ConfigError, loadConfig, loadEnvFile } from '../../server/config.js';
import { imageFiles, readImageFile } from '../../server/features/bulk/image-files.js';
import { chunks, mapAhead } from '../../server/features/datasets/streams.js';
import { UnreadableImageError } from '../../server/imaging/unreadable-image.js';
import { ModelLoadError } from '../../server/inference/errors.js';
import { interpret } from '../../server/inference/interpret.js';
import { type InferencePool, openInferencePool } from '../../server/inference/pool.js';
import { createLog } from '../../server/log.js';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../server/storage/object-store.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';
import { progressBar } from './progress-bar.js';
import { openResults, type ResultRow, type ResultsFile, ResultsFileError } from './results-csv.js';
import { UsageError } from './usage-error.js';

const usage = `Usage: npm run classify -- FOLDER|s3://BUCKET/PREFIX --out results.csv [options]

Classifies every image below a folder or bucket, without a server, and writes a line about each: an answer, or why the file has
none. Stopped or cut off, the same command goes on where it was.

  --out       file to write to; lines that it holds already are kept
  --model     folder of the artifact, or s3://BUCKET/models/NAME/VERSION (default: models/reference)

Ends with 0 when every image has an answer, 2 when some files could not be read, 1 when it could not go on.`;

const MODEL = 'model';
/** Images under way for each thread: some are read while others are decoded and answered. */
const AHEAD = 4;
/** Lines written at once: the most that a crash makes be answered again, with those under way. */
const WRITE_AT_ONCE = 16;

/** Somebody has stopped it. */
class StoppedError extends Error {}

/** What every file is answered with. */
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
  if (!out) throw new UsageError('--out is needed.');

  loadEnvFile(process.cwd());
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel, process.stderr); // standard output is for the summary
  const artifact = await readArtifact(openPlace(values.model, config), '', null);
  const source = openPlace(place, config);
  await source.probeReading();

  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new StoppedError(`Stopped. The same command goes on from here.`)));
  const threads = config.inferenceThreads;
  const { inferenceServer: server } = config;
  const results = await openResults(out, artifact.digest);
  // One image a run: its figures then depend, to the last bit, on none that happens to be beside it.
  const pool = openInferencePool({ threads, queueLimit: threads * AHEAD, maxBatch: 1, server, log });
  try {
    await pool.load(MODEL, artifact.manifest, artifact.onnx);
    await classifyAll({ config, artifact, source, pool, signal: stop.signal }, results, threads * AHEAD);
  } finally {
    await pool.close();
    await results.close();
  }
  summarise(out, results);
}

function openPlace(place: string, { s3 }: Config): ObjectStore {
  return openObjectStore(/^(s3|file):/.test(place) ? place : `file:${resolve(place)}`, s3);
}

async function classifyAll(room: Room, results: ResultsFile, ahead: number): Promise<void> {
  const { source, signal } = room;
  let total = 0;
  let done = 0;
  for await (const { key } of imageFiles(source)) {
    signal.throwIfAborted();
    total += 1;
    if (results.has(key)) done += 1;
  }
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
}

async function* remaining(source: ObjectStore, results: ResultsFile): AsyncGenerator<StoredObject> {
  for await (const file of imageFiles(source)) if (!results.has(file.key)) yield file;
}

async function answerFile(room: Room, file: StoredObject): Promise<ResultRow> {
  const { config, artifact, source, pool, signal } = room;
  const { manifest, digest } = artifact;
  signal.throwIfAborted();
  const row = { ...NOTHING, file: file.key, version: digest };
  const content = await readImageFile(source, file, config.maxUploadBytes);
  if ('problem' in content) return { ...row, error: content.problem };
  const { bytes, sha256 } = content;
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

function summarise(out: string, { tally }: ResultsFile): void {
  const failed = tally.get('') ?? 0;
  const outcomes = [...tally].filter(([outcome]) => outcome !== '').sort(([a], [b]) => (a < b ? -1 : 1));
  const answered = outcomes.map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'no image';
  process.stdout.write(`${out}: ${answered}${failed > 0 ? `; ${failed} files could not be read` : ''}.\n`);
  if (failed > 0) process.exitCode = 2;
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
