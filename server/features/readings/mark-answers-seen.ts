import DataLoader from 'dataloader';
import { may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { Prisma } from '../../database/generated/client.js';

// Records, before a request answers, that the viewer sees answers or reviews outside of a reading. What they then decide about these cells in
// one of their open blind readings is not blind.

/** What shows answers: the ids of predictions, or of cases with all of their predictions. */
export type Shown = 'predictions' | 'cases';

type Marker = DataLoader<string, undefined>;
const ofRequests = new WeakMap<RequestContext, Record<Shown, Marker>>();

/**
 * Marks what one of many fields of a request shows, with one statement for all of them. Null if the viewer cannot have readings.
 * @param isOnce whether the request answers once; a subscription answers again, perhaps after a reading was started
 */
export function markSeen(
  context: RequestContext,
  shown: Shown,
  id: string,
  isOnce: boolean,
): Promise<undefined> | null {
  if (!mayRead(context)) return null;
  let ofRequest = ofRequests.get(context);
  if (!ofRequest) {
    const marker = (what: Shown): Marker =>
      new DataLoader(
        async (ids) => {
          await markAllSeen(context, what, ids);
          return ids.map(() => undefined);
        },
        { cache: isOnce },
      );
    ofRequest = { predictions: marker('predictions'), cases: marker('cases') };
    ofRequests.set(context, ofRequest);
  }
  return ofRequest[shown].load(id);
}

/** Marks at once everything that a file or a list shows. Locks the cells in a fixed order, so that two requests at the same time cannot deadlock. */
export async function markAllSeen(
  context: RequestContext,
  shown: Shown,
  ids: readonly string[],
): Promise<void> {
  if (!mayRead(context) || ids.length === 0) return;
  const { database, viewer } = context;
  const isShown =
    shown === 'predictions'
      ? Prisma.sql`cell."predictionId" = ANY(${[...ids]}::text[])`
      : Prisma.sql`EXISTS (
          SELECT FROM "Prediction" AS prediction
          JOIN "Case" AS of_cell ON of_cell.reference = prediction."caseReference"
            AND of_cell."siteId" IS NOT DISTINCT FROM prediction."siteId"
          WHERE prediction.id = cell."predictionId" AND of_cell.id = ANY(${[...ids]}::text[]))`;
  await database.$executeRaw`
    UPDATE "ReadingCell" SET "answerSeenAt" = transaction_timestamp() WHERE ("readingId", place) IN (
      SELECT cell."readingId", cell.place FROM "Reading" AS reading JOIN "ReadingCell" AS cell ON cell."readingId" = reading.id
      WHERE reading."readerId" = ${viewer?.id ?? ''} AND reading.blind AND reading."finishedAt" IS NULL
        AND ${isShown} AND cell."answerSeenAt" IS NULL
      ORDER BY 1, 2 FOR UPDATE OF cell)`;
}

/** Nobody else has readings. */
const mayRead = ({ viewer }: RequestContext) => viewer !== null && may(viewer, 'review');
