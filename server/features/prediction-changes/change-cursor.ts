import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../api/connection.js';
import { badUserInput } from '../../api/errors.js';
import type { Database } from '../../database/client.js';
import { PredictionChangeKind } from '../../database/generated/enums.js';
import { isId } from '../../database/ids.js';

// A cursor names a change by its kind and its ids. It does not contain the change's place, from which a user could compute how many
// predictions were made at other sites.

/** A place in the order of changes: the transaction's place and the order within it. Both are bigints, as text. */
export interface Place {
  place: string;
  id: string;
}

interface NamedChange {
  kind: PredictionChangeKind;
  predictionId: string;
  reviewId: string | null;
  /** The audit event of a move: a prediction can be moved more than once. */
  moveId: string | null;
}

/** Before all changes. */
export const START: Place = { place: '0', id: '0' };

/** The cursor that all changes follow. */
export const startCursor = encodeCursor(['START']);

export function cursorOfChange({ kind, predictionId, reviewId, moveId }: NamedChange): string {
  const cause = reviewId ?? moveId;
  return encodeCursor(cause === null ? [kind, predictionId] : [kind, predictionId, cause]);
}

const startKey = z.tuple([z.literal('START')]);
const changeKey = z.union([
  z.tuple([z.enum(PredictionChangeKind), z.string()]),
  z.tuple([z.enum(PredictionChangeKind), z.string(), z.string()]),
]);

/**
 * The place of the change that a cursor names.
 * @throws BAD_USER_INPUT for a text that is not a cursor of this list, and for a change that this history does not have
 */
export async function placeOfCursor(database: Database, cursor: string): Promise<Place> {
  const decoded = decodeCursor(cursor);
  if (startKey.safeParse(decoded).success) return START;
  const key = changeKey.safeParse(decoded);
  if (!key.success)
    throw badUserInput(
      `'${cursor}' is not a cursor of predictionChanges. Send a cursor from one of its pages.`,
    );
  const [kind, predictionId, cause = null] = key.data;
  const [reviewId, moveId] = kind === 'MOVED' ? [null, cause] : [cause, null];
  const place = await findPlace(database, { kind, predictionId, reviewId, moveId });
  if (place) return place;
  throw badUserInput(
    `The history has no change with the cursor '${cursor}'. It may have been restored from an earlier backup. Start again from the first page.`,
  );
}

/**
 * The place at which a prediction was created.
 * @throws BAD_USER_INPUT for any id that is not of a prediction of this history
 */
export async function placeOfPrediction(database: Database, id: string): Promise<Place> {
  const place =
    isId('pred', id) &&
    (await findPlace(database, { kind: 'CREATED', predictionId: id, reviewId: null, moveId: null }));
  if (place) return place;
  throw badUserInput(
    `'${id}' is not the id of a prediction of this history. Send the id of the last prediction that you received.`,
  );
}

async function findPlace(
  database: Database,
  { kind, predictionId, reviewId, moveId }: NamedChange,
): Promise<Place | null> {
  const found = await database.predictionChange.findFirst({
    where: { predictionId, kind, reviewId, moveId },
    select: { place: true, id: true },
  });
  return found && { place: String(found.place), id: String(found.id) };
}
