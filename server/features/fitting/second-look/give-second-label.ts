import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Transaction } from '../../../database/client.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { hasReviewedWithAnswer } from '../../reviews/has-reviewed-with-answer.js';
import { reviewPrediction } from '../../reviews/review-prediction.js';
import { findSecondLook, loadCellsOfSecondLooks, type SecondLookRow } from './load-second-looks.js';
import type { GiveSecondLabelInput } from './types.js';

/**
 * Records a reviewer's second label of a cell, or that there is none to give. For a reviewed prediction this is a review, which counts
 * like any other, and is blind unless the reviewer saw the answer at an earlier review. An item of a snapshot has no reviews, so the
 * second look keeps its label, of one reviewer, who can change it.
 * @throws a user error NOT_FOUND for a cell that the user does not see, INVALID for a label that is not one of the version's classes, or
 * CONFLICT for an item of a snapshot that another reviewer has labelled in this second look
 */
export async function giveSecondLabel(
  context: RequestContext,
  { secondLookId, place, verdict, label: given }: GiveSecondLabelInput,
): Promise<{ secondLook: SecondLookRow }> {
  const viewer = authorise(context, 'review');
  const secondLook = await findSecondLook(context, secondLookId);
  if (!secondLook) {
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such second look.', ['input', 'secondLookId']);
  }
  const cells = await loadCellsOfSecondLooks(context.database, [secondLookId], viewer);
  const cell = cells.get(secondLookId)?.find((each) => each.place === place);
  if (!cell) throw noSuchCell();
  const label = verdict === 'LABEL' ? await validLabel(context, secondLook, given ?? null) : null;

  const record = async (tx: Transaction) => {
    const [current] = await tx.$queryRaw<{ reviewerId: string | null }[]>`
      SELECT "reviewerId" FROM "SecondLookCell"
      WHERE "secondLookId" = ${secondLookId} AND "place" = ${place} FOR NO KEY UPDATE`;
    if (!current) throw noSuchCell(); // its case was erased at this moment
    const isOfAnother = current.reviewerId !== null && current.reviewerId !== viewer.id;
    if (isOfAnother && cell.predictionId === null) throw labelledByAnother();
    await tx.$executeRaw`
      UPDATE "SecondLookCell" SET "verdict" = ${verdict}::"ReviewVerdict", "secondLabel" = ${label},
        "reviewerId" = ${viewer.id}, "reviewedAt" = transaction_timestamp()
      WHERE "secondLookId" = ${secondLookId} AND "place" = ${place}`;
  };
  const { predictionId } = cell;
  if (predictionId !== null) {
    const blind = !(await hasReviewedWithAnswer(context.database, predictionId, viewer.id));
    const review = { predictionId, verdict, label: label ?? '', blind, origin: 'WORKLIST' } as const;
    await reviewPrediction(context, review, record);
  } else {
    await context.database.$transaction(async (tx) => {
      await record(tx);
      await recordAuditEvent(tx, context, {
        action: AuditAction.SECOND_LABEL_GIVEN,
        entityId: secondLookId,
        detail: `Cell ${place}: ${label ?? verdict}.`,
      });
    });
  }
  return { secondLook };
}

async function validLabel(
  { database }: RequestContext,
  { modelVersionId: id }: SecondLookRow,
  label: string | null,
): Promise<string> {
  const { classes } = await database.modelVersion.findUniqueOrThrow({
    where: { id },
    select: { classes: true },
  });
  if (label !== null && classes.includes(label)) return label;
  const message = `Give one of the labels ${classes.map((each) => `'${each}'`).join(' and ')}, or another verdict.`;
  throw userError(UserErrorCode.INVALID, message, ['input', 'label']);
}

function labelledByAnother() {
  const message =
    'Another reviewer has labelled this cell in this second look, and their label is kept. Label the other cells.';
  return userError(UserErrorCode.CONFLICT, message, ['input', 'place']);
}

function noSuchCell() {
  return userError(UserErrorCode.NOT_FOUND, 'The second look has no such cell.', ['input', 'place']);
}
