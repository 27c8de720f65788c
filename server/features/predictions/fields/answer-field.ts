import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { cutShort } from '../../../concurrency/cut-short.js';
import { newId } from '../../../database/ids.js';
import type { PreparedCell, PreparedField } from '../../../imaging/prepare-field.js';
import { OverloadedError } from '../../../inference/errors.js';
import type { Rules } from '../../../decision/decision-rules.js';
import { interpret } from '../../../decision/interpret.js';
import type { ReservedPlace } from '../../../inference/pool.js';
import { imageKey } from '../../../storage/keys.js';
import {
  type AnswerServices,
  type PredictionFacts,
  predictionRow,
  type PredictionToRecord,
  putImage,
  repeatOf,
} from '../answer-image.js';
import type { FirstAnswer } from '../first-answers.js';
import { waitForDependency } from '../wait-for-dependency.js';
import { numbersOf } from '../box-of.js';
import type { NewField } from './record-field.js';

/** What a field is answered with. */
export interface FieldServices extends AnswerServices {
  /** Waits until a further cell of the account may be classified. Returns what ends its turn. */
  takeTurn: (account: string, signal: AbortSignal) => Promise<() => void>;
}

/** What a field records about its image and its request. */
export type FieldFacts = Omit<PredictionFacts, 'region' | 'fieldId'>;

/** A field to be recorded, without the account that makes it. */
export type FieldToRecord = Pick<NewField, 'field' | 'image'> & { predictions: PredictionToRecord[] };

/** Cells of one field that wait or run at the same time: enough to keep the inference threads busy. */
export const CELLS_AT_ONCE = 8;
/** Pause before a cell looks for a place again in a full queue. */
const FULL_QUEUE_MS = 50;

/**
 * Finds the cells of an image, unless `prepared` has them, runs the version on each, and stores the image unless it `isStored`. Cells that the version has answered before at the
 * same site are repeats. Nothing is recorded yet, and when this fails, nothing is stored.
 * @throws OverloadedError, UnreadableImageError; ArtifactError or ModelLoadError where the version cannot be loaded;
 *   UnavailableError where a dependency does not answer in time
 */
export async function answerField(
  services: FieldServices,
  facts: FieldFacts,
  bytes: Uint8Array,
  {
    prepared: given,
    isStored = false,
    endTurn,
    signal,
  }: { prepared?: PreparedField; isStored?: boolean; endTurn: () => void; signal: AbortSignal },
): Promise<FieldToRecord> {
  const { served, firstAnswers, store } = services;
  const { clientRequest: _clientRequest, byteSize, startedAt: _startedAt, ...ofField } = facts;
  const fieldId = newId('field');
  const answering = served.use(facts.modelVersionId, async ({ manifest }) => {
    const prepared = given ?? (await prepareCells(services, facts, bytes, signal));
    endTurn(); // from here on each cell takes its turn
    const wholeImage = { ...ofField, region: [] };
    const questions = prepared.cells.map(({ region }) => ({ ...ofField, region: numbersOf(region) }));
    const finding = firstAnswers.findAllRecorded([wholeImage, ...questions]);
    const [ofImage, ...known] = await waitForDependency('database', signal, finding);
    const predictions = await answerCells(services, manifest, { ...facts, fieldId }, prepared, {
      known: known.map((recorded) => recorded.answer),
      signal,
    });
    return { prepared, predictions, isErased: ofImage?.isErased ?? false };
  });
  const { prepared, predictions, isErased } = await cutShort(signal, answering);
  const { mediaType } = prepared.image;
  const image = { sha256: facts.imageSha256, bytes, mediaType };
  if (!isStored) {
    await putImage(services, store.draft(imageKey(facts.imageSha256), bytes), image, isErased, signal);
  }
  const { scale, leftOut, qualityWarnings } = prepared;
  return {
    field: { id: fieldId, ...ofField, scale, leftOut: [...leftOut], qualityWarnings },
    image: { sha256: facts.imageSha256, ...prepared.image, byteSize },
    predictions,
  };
}

/** Finds the cells of an image, and prepares them for a version that is in use. @throws OverloadedError, UnreadableImageError */
export function prepareCells(
  { inference }: Pick<FieldServices, 'inference'>,
  { modelVersionId, createdById }: FieldFacts,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<PreparedField> {
  return inference.reserve(modelVersionId, signal, createdById).prepareField(bytes, null);
}

/** Answers the cells, a few at a time, in their order. Stops at the first failure. */
async function answerCells(
  services: FieldServices,
  rules: Rules,
  facts: FieldFacts & { fieldId: string },
  prepared: PreparedField,
  { known, signal }: { known: readonly (FirstAnswer | null)[]; signal: AbortSignal },
): Promise<PredictionToRecord[]> {
  const { cells } = prepared;
  const cellDecodeMs = prepared.decodeMs / cells.length;
  const rows: PredictionToRecord[] = [];
  const failed = new AbortController();
  const untilFailure = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, untilFailure); // some for each cell
  let next = 0;
  const answerNext = async () => {
    for (let index = next++; index < cells.length; index = next++) {
      const cell = cells[index];
      if (!cell) return;
      const ofCell = factsOfCell({ ...facts, startedAt: performance.now() - cellDecodeMs }, cell);
      const first = known[index];
      rows[index] = first
        ? repeatOf(first, ofCell)
        : await answerCell(services, rules, ofCell, cell, cellDecodeMs, untilFailure);
    }
  };
  try {
    await Promise.all(Array.from({ length: CELLS_AT_ONCE }, answerNext));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
  return rows.map((row) => ({ ...row, prediction: { ...row.prediction, id: newId('pred') } })); // ids in reading order
}

/**
 * Runs the version, which must be in use, on a prepared cell.
 * @param decodeMs the cell's share of preparing the field, in milliseconds
 */
export async function answerCell(
  { inference, takeTurn }: Pick<FieldServices, 'inference' | 'takeTurn'>,
  rules: Rules,
  facts: PredictionFacts,
  cell: PreparedCell,
  decodeMs: number,
  signal: AbortSignal,
): Promise<PredictionToRecord> {
  const since = performance.now();
  const endTurn = await takeTurn(facts.createdById, signal);
  try {
    const place = await freePlace(inference, facts, signal);
    const waitedMs = performance.now() - since;
    const result = await place.inferCell(cell.image);
    const { queueMs } = result.timing;
    const timing = { ...result.timing, decodeMs, queueMs: queueMs + waitedMs };
    return predictionRow({ ...result, timing }, interpret(rules, result), facts);
  } finally {
    endTurn();
  }
}

/** A place in the queue, as soon as there is one. */
async function freePlace(
  inference: FieldServices['inference'],
  { modelVersionId, createdById }: PredictionFacts,
  signal: AbortSignal,
): Promise<ReservedPlace> {
  for (;;) {
    try {
      return inference.reserve(modelVersionId, signal, createdById);
    } catch (error) {
      if (!(error instanceof OverloadedError)) throw error;
      await cutShort(signal, sleep(FULL_QUEUE_MS));
    }
  }
}

/** What the prediction of a cell records about it. */
export function factsOfCell(
  facts: FieldFacts & { fieldId: string },
  { region }: PreparedCell,
): PredictionFacts {
  return { ...facts, clientRequest: null, region: numbersOf(region) };
}
