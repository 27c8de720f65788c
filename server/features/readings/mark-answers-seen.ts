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

async function markAll({ database, viewer }: RequestContext, ids: readonly string[]): Promise<undefined[]> {
  await database.$executeRaw`
    UPDATE "ReadingCell" AS cell SET "answerSeenAt" = transaction_timestamp() FROM "Reading" AS reading
    WHERE reading."readerId" = ${viewer?.id ?? ''} AND reading.blind AND reading."finishedAt" IS NULL
      AND cell."readingId" = reading.id AND cell."predictionId" = ANY(${[...ids]}::text[]) AND cell."answerSeenAt" IS NULL`;
  return ids.map(() => undefined);
}
