import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Transaction } from '../../../database/client.js';
import { AuditAction, recordAuditEvent } from '../../audit/record-audit-event.js';
import { reviewPrediction } from '../../reviews/review-prediction.js';
import { cellsOfSecondLook, findSecondLook, type SecondLookRow } from './load-second-looks.js';
import type { GiveSecondLabelInput } from './types.js';

/**
 * Records a reviewer's second label of a cell, or that there is none to give. For a reviewed prediction this is a blind review, which
 * counts like any other; an item of a snapshot has no reviews, so the second look keeps its label. The newest second label counts.
 * @throws a user error NOT_FOUND for a cell that the user does not see, or INVALID for a label that is not one of the version's classes
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
  const cells = await cellsOfSecondLook(context.database, secondLook, viewer);
  const cell = cells.find((each) => each.place === place);
  if (!cell) throw noSuchCell();
  const label = verdict === 'LABEL' ? await validLabel(context, secondLook, given ?? null) : null;

  const record = async (tx: Transaction) => {
    const count = await tx.$executeRaw`
      UPDATE "SecondLookCell" SET "verdict" = ${verdict}::"ReviewVerdict", "secondLabel" = ${label},
        "reviewerId" = ${viewer.id}, "reviewedAt" = transaction_timestamp()
      WHERE "secondLookId" = ${secondLookId} AND "place" = ${place}`;
    if (count === 0) throw noSuchCell(); // its case was erased at this moment
  };
  const { predictionId } = cell;
  if (predictionId !== null) {
    const review = { predictionId, verdict, label: label ?? '', blind: true, origin: 'WORKLIST' } as const;
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

function noSuchCell() {
  return userError(UserErrorCode.NOT_FOUND, 'The second look has no such cell.', ['input', 'place']);
}
