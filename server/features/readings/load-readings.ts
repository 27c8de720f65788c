import { authorise } from '../../api/authorise.js';
import { rowsByKey } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';

export type ReadingRow = Prisma.ReadingGetPayload<object>;

const cellFields = {
  include: {
    review: { select: { verdict: true, label: true, cellType: true, comment: true } },
    prediction: { select: { modelVersionId: true } },
    reading: { select: { blind: true, finishedAt: true } },
  },
} as const;
/** A cell; `review` is the decision of the reader. */
export type ReadingCellRow = Prisma.ReadingCellGetPayload<typeof cellFields>;

/** The newest readings of a reader that are listed. */
const LISTED = 50;

/** The viewer's own reading by id, for users who may review; null if there is none. Nobody else sees it. */
export async function findReading(context: RequestContext, id: string): Promise<ReadingRow | null> {
  const viewer = authorise(context, 'review');
  if (!isId('read', id)) return null;
  return context.database.reading.findFirst({ where: { id, readerId: viewer.id } });
}

/** The viewer's own newest 50 readings, newest first. */
export async function listReadings(context: RequestContext): Promise<ReadingRow[]> {
  const viewer = authorise(context, 'review');
  return context.database.reading.findMany({
    where: { readerId: viewer.id },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: LISTED,
  });
}

/** The cells of these readings that the user sees, in their order, for `batched(context, loadCellsOfReadings)`. */
export async function loadCellsOfReadings(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, ReadingCellRow[]>> {
  const cells = await database.readingCell.findMany({
    where: { readingId: { in: [...ids] }, prediction: ofVisibleSites(limits) },
    orderBy: [{ readingId: 'asc' }, { place: 'asc' }],
    ...cellFields,
  });
  return rowsByKey(cells, ({ readingId }) => readingId);
}

/** One cell of a reading that the caller must have found for the user; null if there is none that the user sees. */
export async function findCell(
  database: Database,
  readingId: string,
  place: number,
  limits: SiteLimits,
): Promise<ReadingCellRow | null> {
  return database.readingCell.findFirst({
    where: { readingId, place, prediction: ofVisibleSites(limits) },
    ...cellFields,
  });
}

/** The number of cells of a reading that the user sees, and of those on which the reader has decided. */
export interface CellCounts {
  cells: number;
  decided: number;
}

/** The counts of these readings. Those without cells have no entry. */
export async function loadCellCounts(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, CellCounts>> {
  const rows = await database.$queryRaw<(CellCounts & { id: string })[]>`
    SELECT c."readingId" AS id, count(*)::int AS cells, count(c."reviewId")::int AS decided
    FROM "ReadingCell" c JOIN "Prediction" p ON p.id = c."predictionId"
    WHERE c."readingId" = ANY(${[...ids]}::text[]) AND ${isOfVisibleSites(limits, Prisma.sql`p."siteId"`)}
    GROUP BY 1`;
  return new Map(rows.map(({ id, ...counts }) => [id, counts]));
}

/** Whether the answers of a reading's cells may be shown to its reader. */
export function showsAnswers({ blind, finishedAt }: Pick<ReadingRow, 'blind' | 'finishedAt'>): boolean {
  return !blind || finishedAt !== null;
}
