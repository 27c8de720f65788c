import { batched } from '../../../api/batched.js';
import { loadImages } from '../../images/load-images.js';
import {
  answerRequest,
  type ClassifyContext,
  type ImageRequest,
  RepeatedRequestError,
} from '../answer-request.js';
import { refuseDeviceAnswer } from '../device-answers/refuse-device-answer.js';
import type { PredictionRow } from '../load-predictions.js';
import { retryIfImageChanged } from '../retry-if-image-changed.js';
import { waitForDependency } from '../wait-for-dependency.js';
import { answerField, type FieldFacts } from './answer-field.js';
import { type FieldRow, loadFields, loadPredictionsOfFields } from './load-fields.js';
import { recordField } from './record-field.js';

/** A field may take as long as so many images: decoding 50 megapixels alone takes seconds on a busy machine. */
const DEADLINES = 4;

/**
 * Finds the cells of a picture and classifies each of them. When this resolves, the image is in the object store, and the field with
 * all of its predictions in the database; when it fails, nothing is recorded. A cell that the version has answered before gets
 * the same answer again, as a separate prediction. A repeated request with the same id and content gets the first field.
 * @param ofPrediction the prediction whose stored image this is, if it was not sent. If that is erased in the meantime, the error is
 *   NOT_FOUND.
 */
export async function classifyField(
  context: ClassifyContext,
  request: ImageRequest,
  ofPrediction: string | null = null,
): Promise<FieldRow> {
  refuseDeviceAnswer(request);
  return answerRequest(context, request, {
    operation: 'classifyField',
    deadlineMs: DEADLINES * context.config.classifyDeadlineMs,
    findRecorded: async (id) => (await batched(context, loadFields).load(id)) ?? null,
    answer: ({ facts, bytes, endTurn }, signal) => {
      const attempt = () => answerAndRecord(context, facts, { bytes, ofPrediction }, endTurn, signal);
      return ofPrediction === null ? retryIfImageChanged(attempt) : attempt();
    },
  });
}

async function answerAndRecord(
  context: ClassifyContext,
  facts: FieldFacts,
  { bytes, ofPrediction }: { bytes: Uint8Array; ofPrediction: string | null },
  endTurn: () => void,
  signal: AbortSignal,
): Promise<FieldRow> {
  const services = {
    ...context,
    takeTurn: (account: string, signal: AbortSignal) => context.imageTurns.takeForCell(account, signal),
  };
  const isStored = ofPrediction !== null;
  const { field, image, predictions } = await answerField(services, facts, bytes, {
    ...{ isStored, endTurn, signal },
  });
  const request = facts.clientRequest;
  const recording = recordField(context.database, {
    actor: context,
    ...{ field, image, ofPrediction },
    predictions: predictions.map((prediction) => ({ actor: context, ...prediction })),
    clientRequest: request ? { userId: facts.createdById, request } : null,
  });
  const recorded = await waitForDependency('database', signal, recording);
  if (!recorded) throw new RepeatedRequestError('Another attempt of the request was recorded.');
  // The response need not read again what was just written.
  batched(context, loadImages).prime(image.sha256, image);
  const rows = predictions.map(({ prediction }) => ({ ...prediction, ...recorded, reviewed: false }));
  batched(context, loadPredictionsOfFields).prime(field.id, rows);
  for (const row of rows) context.metrics.classified(row);
  const isNew = ({ repeatOfId }: PredictionRow) => repeatOfId === null;
  context.shadow.afterCells(rows.filter(isNew), bytes, null);
  return { ...field, ...recorded };
}
