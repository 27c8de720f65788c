import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../api/connection.js';
import { badUserInput } from '../../api/errors.js';
import type { Database } from '../../database/client.js';
import type { PredictionChange } from '../../database/generated/client.js';
import type { PredictionChangeKind } from '../../database/generated/enums.js';
import { type HistoryConditions, wholeCondition } from './prediction-filter.js';

/**
 * A moment of the history: what was committed then. Postgres describes it by transaction ids (`pg_current_snapshot()`), and every
 * prediction and review has the id of its transaction in "PredictionChange", so that any process can read the history of that
 * moment later, without a transaction that stays open.
 */
export interface HistoryMoment {
  snapshot: string;
  /** What was added to transaction ids to get `PredictionChange.place`. */
  offset: string;
  /** The number of predictions that met the conditions. */
  rowCount: number;
}

const Key = z.tuple([
  z
    .string()
    .regex(/^\d{1,18}:\d{1,18}:(\d{1,18}(,\d{1,18})*)?$/)
    .refine(isSnapshot),
  z.string().regex(/^-?\d{1,18}$/),
  z.int().nonnegative(),
]);

/** Whether Postgres reads the text as a snapshot: its oldest and newest transaction, and those in progress between them in order. */
function isSnapshot(text: string): boolean {
  const [oldest = 0n, newest = 0n, ...inProgress] = text.split(/[:,]/).filter(Boolean).map(BigInt);
  const last = inProgress.at(-1);
  const inOrder = [oldest, ...inProgress].every(
    (id, index, all) => index === 0 || (all[index - 1] ?? 0n) <= id,
  );
  return oldest > 0n && inOrder && (last === undefined ? oldest <= newest : last < newest);
}

/** The present moment, with an exact count. */
export async function presentMoment(
  database: Database,
  conditions: HistoryConditions,
): Promise<HistoryMoment> {
  const [moment] = await database.$queryRaw<{ snapshot: string; offset: string; rowCount: bigint }[]>`
    SELECT pg_current_snapshot()::text AS "snapshot", "offset"::text AS "offset",
      (SELECT count(*) FROM "Prediction" p WHERE ${wholeCondition(conditions)}) AS "rowCount"
    FROM "PredictionChangeOrder"`;
  if (!moment) throw new Error('PredictionChangeOrder has no row.');
  return { ...moment, rowCount: Number(moment.rowCount) };
}

/** A moment as an opaque text. */
export function encodeMoment({ snapshot, offset, rowCount }: HistoryMoment): string {
  return encodeCursor([snapshot, offset, rowCount]);
}

/** Throws BAD_USER_INPUT for a text that is not of {@link encodeMoment}. */
export function decodeMoment(text: string): HistoryMoment {
  const key = Key.safeParse(decodeCursor(text));
  if (!key.success)
    throw badUserInput(`'${text}' is not the moment of an export. Send the header Export-Moment.`);
  const [snapshot, offset, rowCount] = key.data;
  return { snapshot, offset, rowCount };
}

/** What was committed after the moment: ids of predictions among the given ones, of reviews of these, and of reviews that were withdrawn. */
export async function laterThan(
  database: Database,
  { snapshot, offset }: HistoryMoment,
  predictionIds: readonly string[],
): Promise<{ predictions: Set<string>; reviews: Set<string>; withdrawn: Set<string> }> {
  // Predictions that are older than "PredictionChange" have a place below every transaction id, which need not be a valid one.
  const changes = await database.$queryRaw<Pick<PredictionChange, 'kind' | 'predictionId' | 'reviewId'>[]>`
    SELECT kind, "predictionId", "reviewId" FROM "PredictionChange"
    WHERE "predictionId" = ANY(${[...predictionIds]}::text[]) AND kind IN ('CREATED', 'REVIEWED', 'REVIEW_WITHDRAWN')
      AND NOT pg_visible_in_snapshot(greatest("place" - ${offset}::bigint, 1)::text::xid8, ${snapshot}::pg_snapshot)`;
  const idsOf = (wanted: PredictionChangeKind, id: 'predictionId' | 'reviewId') =>
    new Set(changes.flatMap((change) => (change.kind === wanted ? (change[id] ?? []) : [])));
  return {
    predictions: idsOf('CREATED', 'predictionId'),
    reviews: idsOf('REVIEWED', 'reviewId'),
    withdrawn: idsOf('REVIEW_WITHDRAWN', 'reviewId'),
  };
}
