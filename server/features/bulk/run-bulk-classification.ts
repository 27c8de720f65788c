import { setMaxListeners } from 'node:events';
import type { Services } from '../../api/context.js';
import { readArtifact } from '../../artifact/artifact-store.js';
import { ArtifactError } from '../../artifact/artifact.js';
import type { Database } from '../../database/client.js';
import { UnreadableImageError } from '../../image-files/unreadable-image.js';
import { ModelLoadError } from '../../inference/errors.js';
import { openInferencePool } from '../../inference/pool.js';
import { markCancelled, markFailed, markSucceeded } from '../../jobs/job-table.js';
import { type Attempt, runAttempt } from '../../jobs/run-attempt.js';
import { isField } from '../../pixels/field-cells.js';
import { artifactPrefix } from '../../storage/keys.js';
import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { openSource, SourceRefusedError } from '../datasets/open-source.js';
import { type Candidate, readCandidate } from '../datasets/read-candidate.js';
import { chunks, inTurn, mapAhead } from '../datasets/streams.js';
import {
  type AnswerServices,
  fileNameOf,
  firstAnswer,
  inferAndStore,
  predictionRow,
  repeatOf,
  restoreImage,
  WHOLE_IMAGE,
} from '../predictions/answer-image.js';
import {
  answerField,
  CELLS_AT_ONCE,
  type FieldFacts,
  prepareCells,
} from '../predictions/fields/answer-field.js';
import type { NewField } from '../predictions/fields/record-field.js';
import { createFirstAnswers } from '../predictions/first-answers.js';
import type { NewPrediction } from '../predictions/record-predictions.js';
import {
  type BulkAnswer,
  bulkClassifications,
  countProcessedFiles,
  doneKeys,
  hasImages,
  recordBulkAnswers,
  recordFileCounts,
  startBulkClassification,
  type StartedBulk,
} from './bulk-lifecycle.js';
import { fillsTransaction } from './fills-transaction.js';
import { candidateFiles, countFiles } from './image-files.js';

/** The source has no image; `message` says so. */
class NoImagesError extends Error {
  override readonly name = 'NoImagesError';
}

type BulkServices = Pick<Services, 'config' | 'database' | 'store' | 'log'> & {
  /** The number of inference threads. */
  threads: number;
};

/** Images in progress for each thread: some are read while others are decoded and classified. */
const IMAGES_AHEAD = 4;
/** Files looked up in one statement. */
const FILES_PER_LOOKUP = 500;

/**
 * The job of a bulk classification: classifies every image of its source, records the predictions under the account that created
 * the job, and records why every other file has none. The next attempt continues with the files that have no item yet. The listing
 * is read page by page, so memory does not grow with the number of files.
 */
export async function runBulkClassification(
  services: BulkServices,
  id: string,
  attempt: Attempt,
): Promise<void> {
  const { database } = services;
  await runAttempt(services, attempt, {
    id,
    start: () => startBulkClassification(database, id),
    progress: () => countProcessedFiles(database, id),
    work: (bulk) => classifyAll(services, bulk, attempt.signal),
    succeed: () => markSucceeded(database, bulkClassifications, id),
    fail: (reason) => markFailed(database, bulkClassifications, id, reason),
    cancel: () => markCancelled(database, bulkClassifications, id),
    finalErrors: [ArtifactError, ModelLoadError, NoImagesError, SourceRefusedError],
  });
}

/** What the files of one bulk classification are answered with. */
interface BulkRun extends AnswerServices {
  bulk: StartedBulk;
  source: ObjectStore;
  maxBytes: number;
  signal: AbortSignal;
}

async function classifyAll(services: BulkServices, bulk: StartedBulk, signal: AbortSignal): Promise<void> {
  const { config, database, store, threads, log } = services;
  const { version } = bulk;
  if (version.status !== 'READY') {
    throw new ModelLoadError(
      `Only a READY version can classify; ${version.modelName} ${version.version} is ${version.status}.`,
    );
  }
  const { manifest, onnx } = await readArtifact(
    store,
    artifactPrefix(version.modelName, version.version),
    version.digest,
  );
  const source = await openSource(config, bulk.source);
  const ahead = threads * IMAGES_AHEAD;
  setMaxListeners(0, signal); // some for each image in progress
  // One account may fill half of a queue. Several cells of a field wait at the same time.
  const pool = openInferencePool({
    threads,
    queueLimit: 2 * ahead * (1 + CELLS_AT_ONCE),
    server: config.inferenceServer,
    log,
  });
  try {
    await pool.load(version.id, manifest, onnx);
    await recordFileCounts(database, bulk.id, await countFiles(source, signal));
    const run: BulkRun = {
      ...{ bulk, source, signal, database, store, log, inference: pool, maxBytes: config.maxUploadBytes },
      served: { use: (_versionId, use) => use({ ...version, manifest }) },
      firstAnswers: createFirstAnswers(database),
    };
    const answers = mapAhead(remainingFiles(database, bulk.id, source), ahead, (file) =>
      answerFile(run, file),
    );
    await inTurn(chunks(answers, fillsTransaction), (batch) => recordBulkAnswers(database, bulk.id, batch));
    if (!(await hasImages(database, bulk.id))) {
      throw new NoImagesError(`There is no image file below ${bulk.source}.`);
    }
  } finally {
    await pool.close();
    source.close();
  }
}

/** The files that no earlier attempt has processed. */
async function* remainingFiles(
  database: Database,
  bulkId: string,
  source: ObjectStore,
): AsyncGenerator<StoredObject> {
  for await (const page of chunks(candidateFiles(source), ({ length }) => length >= FILES_PER_LOOKUP)) {
    const done = await doneKeys(
      database,
      bulkId,
      page.map(({ key }) => key),
    );
    yield* page.filter(({ key }) => !done.has(key));
  }
}

async function answerFile(run: BulkRun, file: StoredObject): Promise<BulkAnswer> {
  const { source, signal, maxBytes } = run;
  const { key } = file;
  signal.throwIfAborted();
  const candidate = await readCandidate(source, file, maxBytes);
  if ('reason' in candidate) return { key, skipped: candidate };
  try {
    const field = await answerFieldImage(run, key, candidate);
    return field ? { key, field } : { key, answer: await answerImage(run, key, candidate) };
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    return { key, skipped: { reason: 'UNREADABLE', detail: error.message } };
  }
}

/** Answers one image. Its row is recorded later, after the rows of the files before it, so a repeat never precedes its first answer. */
async function answerImage(run: BulkRun, key: string, { bytes, sha256 }: Candidate): Promise<NewPrediction> {
  const { signal, firstAnswers } = run;
  const actor = actorOf(run);
  const facts = { ...factsOf(run, key, { bytes, sha256 }), ...WHOLE_IMAGE };
  const { isNew, answer } = await firstAnswer(firstAnswers, facts, signal, async (isErased) => {
    const { result, answer } = await inferAndStore(run, { ...facts, isErased }, bytes, signal);
    return predictionRow(result, answer, facts);
  });
  if (isNew) return { actor, ...answer };
  await restoreImage(run, { ...answer.image, bytes }, signal);
  return { actor, ...repeatOf(answer, facts) };
}

/** Answers each cell of an image, if it is a field; otherwise null. The rows are recorded later, as those of single images are. */
async function answerFieldImage(run: BulkRun, key: string, candidate: Candidate): Promise<NewField | null> {
  const { bulk, signal } = run;
  if (bulk.imageKind === 'CELL') return null;
  const facts = factsOf(run, key, candidate);
  const prepared = await prepareCells(run, facts, candidate.bytes, signal);
  if (!isField(bulk.imageKind, prepared.cells.length)) return null;
  const actor = actorOf(run);
  const services = { ...run, takeTurn: () => Promise.resolve(() => {}) }; // the job's pool has no other accounts
  const { field, image, predictions } = await answerField(services, facts, candidate.bytes, {
    prepared,
    endTurn: () => {},
    signal,
  });
  return {
    ...{ actor, field, image, ofPrediction: null, clientRequest: null },
    predictions: predictions.map((prediction) => ({ actor, ...prediction })),
  };
}

function factsOf(
  { bulk }: BulkRun,
  key: string,
  { bytes, sha256 }: Pick<Candidate, 'bytes' | 'sha256'>,
): FieldFacts {
  const { createdById, siteId, caseReference, version } = bulk;
  return {
    ...{ imageSha256: sha256, modelVersionId: version.id, createdById, siteId, caseReference },
    fileName: fileNameOf(key),
    byteSize: bytes.byteLength,
    startedAt: performance.now(),
  };
}

function actorOf({ bulk }: BulkRun) {
  return { viewer: { id: bulk.createdById }, ip: null };
}
