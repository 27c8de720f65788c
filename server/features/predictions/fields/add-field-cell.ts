import { requireId } from '../../../api/argument-rules.js';
import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import { type UserErrorException, UserErrorCode, userError } from '../../../api/user-error.js';
import { cutShort, withDeadline } from '../../../concurrency/cut-short.js';
import type { CropBox } from '../../../pixels/crop-box.js';
import { type CellPlace, cellAt, MOST_CELLS } from '../../../pixels/field-cells.js';
import { readVerifiedImage } from '../../images/image-file.js';
import { loadImages } from '../../images/load-images.js';
import type { ImageRow } from '../../images/types.js';
import { repeatOf } from '../answer-image.js';
import { type ClassifyContext, explainToCaller } from '../answer-request.js';
import { chooseVersion } from '../choose-version.js';
import type { PredictionRow } from '../load-predictions.js';
import { type NewPrediction, recordPredictionsIn } from '../record-predictions.js';
import { retryIfImageChanged } from '../retry-if-image-changed.js';
import { DeadlineError, waitForDependency } from '../wait-for-dependency.js';
import { answerCell, factsOfCell } from './answer-field.js';
import { boxOf } from '../box-of.js';
import { type FieldRow, loadFields, loadPredictionsOfFields } from './load-fields.js';

export interface AddFieldCell {
  fieldId: string;
  /** In pixels of the upright image, from its left and top border. */
  x: number;
  y: number;
}

/**
 * Classifies a cell that the search has missed: adds a region around a point to a field, as large as the field's other cells. The
 * field's version answers.
 * User errors: INVALID for a point outside of the image or at a cell that cannot be classified, or a field with the largest
 * number of cells; NOT_FOUND; CONFLICT if the field has a cell at the point already.
 */
export async function addFieldCell(
  context: ClassifyContext,
  { fieldId, x, y }: AddFieldCell,
): Promise<PredictionRow> {
  const viewer = authorise(context, 'classify');
  requireId('field', fieldId, ['input', 'fieldId']);
  const field = await batched(context, loadFields).load(fieldId);
  const image = field && (await batched(context, loadImages).load(field.imageSha256));
  if (!field || !image) throw noSuchField();
  const others = (await batched(context, loadPredictionsOfFields).load(fieldId)) ?? [];
  refuseOccupied(others, { x, y });
  const cell = placeOf(field, image, others, { x, y });
  await chooseVersion(context, { modelName: null, modelVersionId: field.modelVersionId }); // throws unless it is READY
  const bytes = await readVerifiedImage(context, field.imageSha256);

  const { signal, config } = context;
  const newDeadline = () => new DeadlineError();
  return withDeadline(signal, config.classifyDeadlineMs, newDeadline, async (signal) => {
    const question = { field, image, cell, bytes, account: viewer.id };
    return retryIfImageChanged(async () => {
      const prediction = await answer(context, question, signal);
      const recording = record(context, prediction, { x, y });
      const createdAt = await waitForDependency('database', signal, recording);
      context.metrics.classified(prediction.prediction);
      if (prediction.prediction.repeatOfId === null) {
        context.shadow.afterCells([prediction.prediction], bytes, { cells: [cell], scale: field.scale });
      }
      return { ...prediction.prediction, createdAt, reviewed: false };
    });
  }).catch(explainToCaller);
}

function placeOf(
  { scale, leftOut }: FieldRow,
  image: ImageRow,
  others: readonly PredictionRow[],
  point: { x: number; y: number },
): CellPlace {
  const { x, y } = point;
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) {
    throw userError(
      UserErrorCode.INVALID,
      `The point (${x}, ${y}) is outside of the image. x must be at least 0 and less than ${image.width}, and y at least 0 and less than ${image.height}.`,
      ['input', x < 0 || x >= image.width ? 'x' : 'y'],
    );
  }
  const regions = others.flatMap(({ region }) => boxOf(region) ?? []);
  const found = leftOut.find(({ region }) => contains(region, point));
  if (found?.reason === 'CUT_OFF') {
    throw userError(
      UserErrorCode.INVALID,
      'The border of the picture cuts this cell off, so it cannot be classified. Take a picture that shows the whole cell.',
      ['input'],
    );
  }
  if (found?.reason === 'TOO_SMALL') {
    throw userError(
      UserErrorCode.INVALID,
      'This cell has too few pixels to be classified. Take a picture at a higher magnification.',
      ['input'],
    );
  }
  if (!found) return cellAt(point, regions, scale, image);
  const { region } = found;
  const centre = { x: region.left + region.width / 2, y: region.top + region.height / 2 };
  return { region, centre, diameter: Math.sqrt(region.width * region.height) };
}

async function answer(
  context: ClassifyContext,
  {
    field,
    image,
    cell,
    bytes,
    account,
  }: { field: FieldRow; image: ImageRow; cell: CellPlace; bytes: Uint8Array; account: string },
  signal: AbortSignal,
): Promise<NewPrediction> {
  const { served, inference, imageTurns, firstAnswers } = context;
  const { id: fieldId, imageSha256, modelVersionId, siteId, caseReference, fileName, scale } = field;
  const startedAt = performance.now();
  const endTurn = await imageTurns.take(account, signal);
  try {
    const answering = served.use(modelVersionId, async ({ manifest }) => {
      const place = inference.reserve(modelVersionId, signal, account);
      const prepared = await place.prepareField(bytes, { cells: [cell], scale });
      endTurn(); // the cell takes its turn next
      const [preparedCell] = prepared.cells;
      if (!preparedCell) throw new Error('A given cell was not prepared.');
      const ofField = { imageSha256, modelVersionId, siteId, caseReference, fileName, fieldId };
      const facts = factsOfCell(
        { ...ofField, createdById: account, byteSize: image.byteSize, startedAt },
        preparedCell,
      );
      const recorded = await waitForDependency('database', signal, firstAnswers.findRecorded(facts));
      if (recorded.answer) return repeatOf(recorded.answer, facts);
      const takeTurn = (account: string, signal: AbortSignal) => imageTurns.takeForCell(account, signal);
      const services = { inference, takeTurn };
      return answerCell(services, manifest, facts, preparedCell, prepared.decodeMs, signal);
    });
    return { actor: context, ...(await cutShort(signal, answering)) };
  } finally {
    endTurn();
  }
}

/** Records the cell in the present case of its field, unless another request has added one at the point in the meantime. */
function record(
  { database }: ClassifyContext,
  prediction: NewPrediction,
  point: { x: number; y: number },
): Promise<Date> {
  const { id, fieldId, imageSha256 } = prediction.prediction;
  return database.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT FROM "Image" WHERE sha256 = ${imageSha256} FOR KEY SHARE`; // first, as an erasure does
    const [field] = await tx.$queryRaw<{ caseReference: string | null }[]>`
      SELECT "caseReference" FROM "Field" WHERE id = ${fieldId} FOR UPDATE`;
    if (!field) throw noSuchField(); // erased in the meantime
    prediction.prediction.caseReference = field.caseReference;
    refuseOccupied(
      await tx.prediction.findMany({ where: { fieldId }, select: { id: true, region: true } }),
      point,
    );
    await recordPredictionsIn(tx, [prediction]);
    const { createdAt } = await tx.prediction.findUniqueOrThrow({
      where: { id },
      select: { createdAt: true },
    });
    return createdAt;
  });
}

function refuseOccupied(
  cells: readonly { id: string; region: number[] }[],
  point: { x: number; y: number },
): void {
  const present = cells.find(({ region }) => {
    const box = boxOf(region);
    return box !== null && contains(box, point);
  });
  if (present) throw occupied(present.id);
  if (cells.length >= MOST_CELLS) {
    const message = `The field has ${MOST_CELLS} cells already, which is the largest number. Send a part of the picture as another field.`;
    throw userError(UserErrorCode.INVALID, message, ['input', 'fieldId']);
  }
}

function noSuchField(): UserErrorException {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such field.', ['input', 'fieldId']);
}

function occupied(predictionId: string): UserErrorException {
  return userError(
    UserErrorCode.CONFLICT,
    `The field already has a cell at this point: ${predictionId}. Choose a point outside of its box.`,
    ['input'],
  );
}

function contains({ left, top, width, height }: CropBox, { x, y }: { x: number; y: number }): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}
