import type { RequestContext, Viewer } from '../../api/context.js';
import { type UserError, UserErrorCode, UserErrorException, userError } from '../../api/user-error.js';
import { validComment } from '../../api/valid-comment.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { Database, Transaction } from '../../database/client.js';
import { isId, newId } from '../../database/ids.js';
import { recordAuditEvents } from '../audit/record-audit-event.js';
import {
  claimRequests,
  type ClientRequest,
  clientRequestOf,
  createdByRequests,
} from '../client-requests/client-request.js';
import { loadReviewsOfPredictions, type ReviewRow } from './load-reviews.js';
import type { ReviewPredictionInput } from './types.js';

/** What became of one review. */
export interface AddedReview {
  predictionId: string;
  /** The review that was added, or the earlier review that it only repeats. Null with errors. */
  reviewId: string | null;
  added: boolean;
  /** Their fields are those of the review, such as ['label']. Nothing was added for this prediction then. */
  userErrors: UserError[];
}

export interface Adding {
  /** A repeat with the same id and the same reviews adds nothing, and has the results of the first request. */
  clientRequestId?: string | null;
  /** What is recorded in the same transaction. Every review is added then, even if it repeats the newest one. */
  alsoRecord?: (tx: Transaction) => Promise<void>;
}

type ReviewContent = Pick<ReviewRow, 'verdict' | 'label' | 'cellType' | 'comment' | 'blind' | 'origin'>;

interface ReviewedPrediction {
  id: string;
  /** The model's. */
  label: string;
  modelVersion: { classes: string[] };
}

/** A review whose content is valid. */
interface ValidReview {
  id: string;
  prediction: ReviewedPrediction;
  content: ReviewContent;
  /** The newest review that the user has seen; null: there was none. Undefined: the review is added after any other. */
  afterReviewId: string | null | undefined;
  /** The key of the request that adds it, if it may be repeated. */
  request: ClientRequest | null;
}

/**
 * Adds a user's reviews of different predictions, in one transaction. One that cannot be added has user errors, and the others are added.
 * A verdict other than LABEL has the model's label, because `Review.label` is never null, and does not count as a label. A review that only
 * repeats the newest review of its prediction, by the same user, is not added, so that a request can be sent again.
 *
 * User errors of one review: NOT_FOUND for a prediction that the user does not see; INVALID for a label that is not a class of the version,
 * for a cell type of what is not a cell, and for a comment that is too long or has control characters; CONFLICT if a review was added or
 * withdrawn since the review that the user has seen.
 * @param viewer who may review
 * @param inputs each prediction once
 * @returns the results in the order of the inputs
 * @throws a user error CONFLICT if the id of the request was used for other reviews
 */
export async function addReviews(
  context: RequestContext,
  viewer: Viewer,
  inputs: readonly ReviewPredictionInput[],
  { clientRequestId = null, alsoRecord }: Adding = {},
): Promise<AddedReview[]> {
  const predictions = await findPredictions(context.database, viewer, inputs);
  const results = new Map<string, AddedReview>();
  const valid: ValidReview[] = [];
  for (const [part, input] of inputs.entries()) {
    const request = clientRequestOf(clientRequestId, [JSON.stringify(input)], part);
    try {
      valid.push({ ...validReview(input, predictions.get(input.predictionId)), request });
    } catch (error) {
      if (!(error instanceof UserErrorException)) throw error;
      results.set(input.predictionId, refused(input.predictionId, error));
    }
  }
  if (valid.length > 0) {
    await context.database.$transaction(async (tx) => {
      for (const result of await addValid(tx, context, viewer, valid, alsoRecord))
        results.set(result.predictionId, result);
    });
  }
  return inputs.flatMap(({ predictionId }) => results.get(predictionId) ?? []);
}

async function addValid(
  tx: Transaction,
  context: RequestContext,
  viewer: Viewer,
  reviews: readonly ValidReview[],
  alsoRecord: Adding['alsoRecord'],
): Promise<AddedReview[]> {
  const ids = reviews.map(({ prediction }) => prediction.id);
  const locked = await lockPredictions(tx, ids);
  const requests = reviews.flatMap(({ request }) => request ?? []);
  const earlier = await createdByRequests(tx, viewer.id, requests);
  const ofPredictions = await loadReviewsOfPredictions(tx, ids);

  const toAdd: ValidReview[] = [];
  const results = reviews.map((review): AddedReview => {
    const { id, prediction, content, afterReviewId, request } = review;
    const predictionId = prediction.id;
    if (!locked.has(predictionId)) return refused(predictionId, noSuchPrediction()); // it was erased at this moment
    const first = request && earlier.get(request.key);
    if (first) return { predictionId, reviewId: first, added: true, userErrors: [] };
    const newest = ofPredictions.get(predictionId)?.at(-1) ?? null;
    if (!alsoRecord && newest?.reviewerId === viewer.id && repeats(content, newest))
      return { predictionId, reviewId: newest.id, added: false, userErrors: [] };
    if (afterReviewId !== undefined && afterReviewId !== (newest?.id ?? null))
      return refused(predictionId, changedSince());
    toAdd.push(review);
    return { predictionId, reviewId: id, added: true, userErrors: [] };
  });
  if (toAdd.length > 0) {
    await record(tx, context, viewer, toAdd);
    await alsoRecord?.(tx);
  }
  return results;
}

/**
 * Locks predictions until the end of the transaction, so that one review is added or withdrawn after the other, in the order of their ids, so
 * that transactions that lock several cannot deadlock. Returns the ids of those that exist.
 */
export async function lockPredictions(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  const locked = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM "Prediction" WHERE id = ANY(${[...ids]}) ORDER BY id FOR NO KEY UPDATE`;
  return new Set(locked.map(({ id }) => id));
}

async function findPredictions(
  database: Database,
  viewer: Viewer,
  inputs: readonly ReviewPredictionInput[],
): Promise<Map<string, ReviewedPrediction>> {
  const ids = inputs.map(({ predictionId }) => predictionId).filter((id) => isId('pred', id));
  const rows = await database.prediction.findMany({
    where: { id: { in: ids }, ...ofVisibleSites(viewer) },
    select: { id: true, label: true, modelVersion: { select: { classes: true } } },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

function validReview(
  input: ReviewPredictionInput,
  prediction: ReviewedPrediction | undefined,
): Omit<ValidReview, 'request'> {
  if (!prediction) throw noSuchPrediction();
  const verdict = input.verdict ?? 'LABEL';
  if (verdict === 'LABEL') requireClass(input.label, prediction.modelVersion.classes);
  const content: ReviewContent = {
    verdict,
    label: verdict === 'LABEL' ? input.label : prediction.label,
    cellType: input.cellType ?? null,
    comment: validComment(input.comment ?? null, ['comment']),
    blind: input.blind ?? false,
    origin: input.origin ?? 'CORRECTION',
  };
  if (verdict === 'NOT_A_CELL' && content.cellType !== null) {
    throw userError(
      UserErrorCode.INVALID,
      'What is not a cell has no cell type. Leave out the cell type, or choose another verdict.',
      ['cellType'],
    );
  }
  return { id: newId('rev'), prediction, content, afterReviewId: input.afterReviewId };
}

function requireClass(label: string, classes: readonly string[]): void {
  if (classes.includes(label)) return;
  throw userError(
    UserErrorCode.INVALID,
    `'${label}' is not a class of the model version. Its classes are ${classes.join(', ')}.`,
    ['label'],
  );
}

/** Whether the review says nothing that the newest one does not say. Without a comment, it does not change the comment. */
function repeats(review: ReviewContent, newest: ReviewContent): boolean {
  return (
    review.verdict === newest.verdict &&
    review.label === newest.label &&
    review.cellType === newest.cellType &&
    (review.comment === null || review.comment === newest.comment) &&
    review.blind === newest.blind &&
    review.origin === newest.origin
  );
}

async function record(
  tx: Transaction,
  context: RequestContext,
  viewer: Viewer,
  reviews: readonly ValidReview[],
): Promise<void> {
  await tx.review.createMany({
    data: reviews.map(({ id, prediction, content }) => ({
      ...{ id, predictionId: prediction.id, reviewerId: viewer.id },
      agreesWithModel: content.verdict === 'LABEL' && content.label === prediction.label,
      ...content,
    })),
  });
  await claimRequests(
    tx,
    viewer.id,
    reviews.flatMap(({ id, request }) => (request ? [{ ...request, entityId: id }] : [])),
  );
  await recordAuditEvents(
    tx,
    context,
    reviews.map(({ prediction, content }) => ({
      action: 'PREDICTION_REVIEWED',
      entityId: prediction.id,
      detail: `Model: ${prediction.label}. Reviewer: ${textOf(content)}.`,
    })),
  );
}

/** A review for the audit trail, without its comment, which may name a patient. */
export function textOf({ verdict, label, cellType, blind, origin }: ReviewContent): string {
  return [
    verdict === 'LABEL' ? label : verdict,
    ...(cellType === null ? [] : [`cell type ${cellType}`]),
    `origin ${origin}`,
    ...(blind ? ['blind'] : []),
  ].join(', ');
}

function refused(predictionId: string, { errors }: UserErrorException): AddedReview {
  return { predictionId, reviewId: null, added: false, userErrors: errors };
}

function noSuchPrediction() {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such prediction.', ['predictionId']);
}

function changedSince() {
  return userError(
    UserErrorCode.CONFLICT,
    'The reviews of this prediction have changed since you looked at it. Read the newest review, and then decide.',
    ['afterReviewId'],
  );
}
