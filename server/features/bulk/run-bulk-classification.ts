import type { Services } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { readArtifact } from '../../artifact/artifact-store.js';
import { ArtifactError } from '../../artifact/artifact.js';
import type { Manifest } from '../../artifact/manifest.js';
import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { encodeEvidence } from '../../imaging/evidence-map.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import { ModelLoadError } from '../../inference/errors.js';
import { interpret } from '../../inference/interpret.js';
import { type InferencePool, openInferencePool } from '../../inference/pool.js';
import { artifactPrefix } from '../../storage/keys.js';
import { type ObjectStore, ObjectStoreError, type StoredObject } from '../../storage/object-store.js';
import { keepStoredImage, storeImage } from '../../storage/stored-images.js';
import { openSource, SourceRefusedError } from '../datasets/open-source.js';
import { type Candidate, readCandidate } from '../datasets/read-candidate.js';
import { chunks, mapAhead } from '../datasets/streams.js';
import type { NewPrediction } from '../predictions/record-predictions.js';
import {
  type BulkAnswer,
  BulkNotRunningError,
  doneKeys,
  hasImages,
  markBulkCancelled,
  markBulkFailed,
  markBulkStarted,
  markBulkSucceeded,
  recordBulkAnswers,
  recordFileCounts,
  type StartedBulk,
} from './bulk-lifecycle.js';
import { candidateFiles, countFiles } from './image-files.js';

/** Which try of the job this is, as the queue tells it. */
interface Attempt {
  signal: AbortSignal;
  /** Counts from 1. More than `maxAttempts`: the worker died in all of them, and this one only records that. */
  attempt: number;
  maxAttempts: number;
}

/** The source holds nothing to classify; `message` says so. */
class NoImagesError extends Error {
  override readonly name = 'NoImagesError';
}

type BulkServices = Pick<Services, 'config' | 'database' | 'store' | 'log'> & {
  /** Threads that answer: not all cores, since the server's own answers come first. */
  threads: number;
};

/** Images under way for each thread: some are read while others are decoded and answered. */
const AHEAD = 4;
/** Files recorded in one transaction. With those under way, the most that a crash makes be read again. */
const RECORD_AT_ONCE = 32;
/** Files looked up in one statement. */
const LOOK_UP_AT_ONCE = 500;
const LONGEST_FILE_NAME = 255;

/**
 * The job of a bulk classification: answers every image of its source, records the predictions as its creator's, and records why
 * every other file has none. It may be
 * aborted or killed at any time: the next attempt goes on with the files that have no item yet. Files come from the listing a
 * page at a time, and memory does not grow with their number. Throws when the next attempt may do better (the store is out of
 * reach, …); in the last attempt it is FAILED instead, with a sentence that says why.
 */
export async function runBulkClassification(
  services: BulkServices,
  id: string,
  { signal, attempt, maxAttempts }: Attempt,
): Promise<void> {
  const { database, log } = services;
  if (attempt > maxAttempts) {
    return markBulkFailed(database, id, 'The worker died in every attempt, perhaps for want of memory.');
  }
  const bulk = await markBulkStarted(database, id);
  if (!bulk) return;
  try {
    await classifyAll(services, bulk, signal);
    await markBulkSucceeded(database, id);
  } catch (error) {
    if (error instanceof BulkNotRunningError) return markBulkCancelled(database, id);
    if (signal.aborted) throw error;
    log.warn({ err: error, bulkId: id, attempt }, 'The bulk classification did not get to its end');
    if (!isFinal(error) && attempt < maxAttempts) throw error;
    await markBulkFailed(database, id, reasonOf(error, id));
  }
}

/** What every file of one bulk classification is answered with. */
interface Room {
  services: BulkServices;
  bulk: StartedBulk;
  source: ObjectStore;
  manifest: Manifest;
  pool: InferencePool;
  signal: AbortSignal;
  /** First answers that are not recorded yet, by their image: what is the same image meanwhile repeats them. */
  unrecorded: Map<string, Promise<FirstAnswer>>;
}

/** The answer that an image of these bytes gets whenever it comes. */
type FirstAnswer = Pick<NewPrediction, 'image' | 'prediction'>;

async function classifyAll(services: BulkServices, bulk: StartedBulk, signal: AbortSignal): Promise<void> {
  const { config, database, store, threads, log } = services;
  const { version } = bulk;
  if (version.status !== 'READY') {
    throw new ModelLoadError(
      `Only a READY version answers; ${version.modelName} ${version.version} is ${version.status}.`,
    );
  }
  const { manifest, onnx } = await readArtifact(
    store,
    artifactPrefix(version.modelName, version.version),
    version.digest,
  );
  const source = await openSource(config, bulk.source);
  const ahead = threads * AHEAD;
  const pool = openInferencePool({ threads, queueLimit: ahead, server: config.inferenceServer, log });
  try {
    await pool.load(version.id, manifest, onnx);
    await recordFileCounts(database, bulk.id, await countFiles(source, signal));
    const room: Room = { services, bulk, source, manifest, pool, signal, unrecorded: new Map() };
    const answers = mapAhead(remainingFiles(database, bulk.id, source), ahead, (file) =>
      answerFile(room, file),
    );
    for await (const batch of chunks(answers, ({ length }) => length >= RECORD_AT_ONCE)) {
      await recordBulkAnswers(database, bulk.id, batch);
      for (const item of batch) if ('answer' in item) room.unrecorded.delete(item.answer.image.sha256);
    }
    if (!(await hasImages(database, bulk.id))) {
      throw new NoImagesError(`There is no image file below ${bulk.source}.`);
    }
  } finally {
    await pool.close();
    source.close();
  }
}

/** The files that no earlier attempt has dealt with. */
async function* remainingFiles(
  database: Database,
  bulkId: string,
  source: ObjectStore,
): AsyncGenerator<StoredObject> {
  for await (const page of chunks(candidateFiles(source), ({ length }) => length >= LOOK_UP_AT_ONCE)) {
    const done = await doneKeys(
      database,
      bulkId,
      page.map(({ key }) => key),
    );
    yield* page.filter(({ key }) => !done.has(key));
  }
}

async function answerFile(room: Room, file: StoredObject): Promise<BulkAnswer> {
  const { source, services, signal } = room;
  const { key } = file;
  signal.throwIfAborted();
  const candidate = await readCandidate(source, file, services.config.maxUploadBytes);
  if ('reason' in candidate) return { key, skipped: candidate };
  try {
    return { key, answer: await answerImage(room, key, candidate) };
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    return { key, skipped: { reason: 'UNREADABLE', detail: error.message } };
  }
}

/** An answer of the network, or a repeat of one: the same bytes are not inferred twice for the same version. */
async function answerImage(room: Room, key: string, { bytes, sha256 }: Candidate): Promise<NewPrediction> {
  const begin = performance.now();
  const { unrecorded, bulk } = room;
  const actor = { viewer: { id: bulk.createdById }, ip: null };
  const facts = {
    id: newId('pred'),
    createdById: bulk.createdById,
    caseReference: bulk.caseReference,
    fileName: fileNameOf(key),
  };
  const underWay = unrecorded.get(sha256);
  if (underWay) return repeat(await underWay);

  const answer = (async () =>
    (await findFirst(room, sha256)) ?? infer(room, { bytes, sha256 }, begin, facts))();
  unrecorded.set(sha256, answer);
  answer.catch(() => unrecorded.delete(sha256)); // it is awaited below
  const first = await answer;
  if ('evidence' in first) return { ...first, actor };
  // It was stored with its first answer, and may have been lost since.
  await keepStoredImage(room.services, { sha256, bytes, mediaType: first.image.mediaType });
  return repeat(first);

  function repeat({ prediction, image }: FirstAnswer): NewPrediction {
    const timing = { decodeMs: 0, queueMs: 0, inferenceMs: 0, totalMs: performance.now() - begin };
    const repeated = { ...prediction, ...facts, repeatOfId: prediction.id, ...timing };
    return { actor, prediction: repeated, image, evidence: null };
  }
}

function fileNameOf(key: string): string | null {
  const name = key.slice(key.lastIndexOf('/') + 1).slice(-LONGEST_FILE_NAME);
  return hasControlCharacters(name) ? null : name;
}

async function findFirst({ services, bulk }: Room, sha256: string): Promise<FirstAnswer | null> {
  const found = await services.database.prediction.findFirst({
    where: { imageSha256: sha256, modelVersionId: bulk.version.id, repeatOfId: null },
    omit: { evidence: true, createdAt: true, reviewed: true },
    include: {
      image: { select: { sha256: true, width: true, height: true, byteSize: true, mediaType: true } },
    },
  });
  if (!found) return null;
  const { image, ...prediction } = found;
  return { image, prediction };
}

async function infer(
  { services, bulk, manifest, pool, signal }: Room,
  { bytes, sha256 }: Candidate,
  begin: number,
  facts: Pick<NewPrediction['prediction'], 'id' | 'createdById' | 'caseReference' | 'fileName'>,
): Promise<Omit<NewPrediction, 'actor'>> {
  const result = await pool.infer(bulk.version.id, bytes, signal);
  const answer = interpret(manifest, result.logit, result.embedding);
  await storeImage(services, { sha256, bytes, mediaType: result.image.mediaType });
  return {
    image: { sha256, ...result.image, byteSize: bytes.byteLength },
    evidence: encodeEvidence(result.evidence),
    prediction: {
      ...facts,
      imageSha256: sha256,
      modelVersionId: bulk.version.id,
      outcome: answer.outcome,
      label: answer.label,
      confidence: answer.confidence,
      probabilities: answer.probabilities.map(({ probability }) => probability),
      outOfDistributionScore: answer.outOfDistributionScore,
      qualityWarnings: result.qualityWarnings,
      repeatOfId: null,
      ...result.timing,
      totalMs: performance.now() - begin,
    },
  };
}

/** Whether trying again cannot help. */
function isFinal(error: unknown): boolean {
  return [ArtifactError, ModelLoadError, NoImagesError, SourceRefusedError].some(
    (kind) => error instanceof kind,
  );
}

function reasonOf(error: unknown, id: string): string {
  if (error instanceof Error && (isFinal(error) || error instanceof ObjectStoreError)) return error.message;
  return `Something failed in the worker itself; its log says what, under ${id}.`;
}
