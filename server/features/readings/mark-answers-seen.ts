import DataLoader from 'dataloader';
import { may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';

const ofRequests = new WeakMap<RequestContext, DataLoader<string, undefined>>();

/**
 * Records, before a request answers, that the viewer sees the answer of a prediction, or a review of it, outside of a reading. What they
 * then decide in one of their open blind readings is not blind.
 */
export function markAnswerSeen(context: RequestContext, predictionId: string): Promise<undefined> | null {
  if (!context.viewer || !may(context.viewer, 'review')) return null; // nobody else has readings
  let ofRequest = ofRequests.get(context);
  if (!ofRequest) {
    ofRequest = new DataLoader((ids) => markAll(context, ids));
    ofRequests.set(context, ofRequest);
  }
  return ofRequest.load(predictionId);
}

/** Locks the cells in a fixed order, so that two requests at the same time cannot deadlock. */
async function markAll({ database, viewer }: RequestContext, ids: readonly string[]): Promise<undefined[]> {
  await database.$executeRaw`
    UPDATE "ReadingCell" SET "answerSeenAt" = transaction_timestamp() WHERE ("readingId", place) IN (
      SELECT cell."readingId", cell.place FROM "Reading" AS reading JOIN "ReadingCell" AS cell ON cell."readingId" = reading.id
      WHERE reading."readerId" = ${viewer?.id ?? ''} AND reading.blind AND reading."finishedAt" IS NULL
        AND cell."predictionId" = ANY(${[...ids]}::text[]) AND cell."answerSeenAt" IS NULL
      ORDER BY 1, 2 FOR UPDATE OF cell)`;
  return ids.map(() => undefined);
}
