import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import { rowsByKey } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import type { ReadingPart } from '../../database/generated/enums.js';
import { isId } from '../../database/ids.js';

export type DoubleReadingRow = Prisma.DoubleReadingGetPayload<object>;

/** How far one reader of a double reading is. */
export interface ReadingProgressRow {
  doubleReadingId: string;
  readingId: string;
  readerId: string;
  part: ReadingPart;
  cellCount: number;
  decidedCount: number;
  finishedAt: Date | null;
}

/** The newest double readings that are listed. */
const LISTED = 50;

/** A double reading of a case that the viewer sees; null if there is none. */
export async function findDoubleReading(
  context: RequestContext,
  id: string,
): Promise<DoubleReadingRow | null> {
  const viewer = authorise(context, 'read predictions');
  if (!isId('dbl', id)) return null;
  return context.database.doubleReading.findFirst({ where: { id, case: ofVisibleSites(viewer) } });
}

/** The newest 50 double readings of a case, or of all cases that the viewer sees, newest first. */
export async function listDoubleReadings(
  context: RequestContext,
  caseId: string | null,
): Promise<DoubleReadingRow[]> {
  const viewer = authorise(context, 'read predictions');
  if (caseId !== null) requireId('case', caseId, ['caseId']);
  return context.database.doubleReading.findMany({
    where: { case: ofVisibleSites(viewer), ...(caseId === null ? {} : { caseId }) },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: LISTED,
  });
}

/** The progress of the readers of each double reading, which the caller must have found for the user: first, second, third readers. */
export async function loadProgress(
  database: Database,
  doubleReadingIds: readonly string[],
): Promise<Map<string, ReadingProgressRow[]>> {
  const rows = await database.$queryRaw<ReadingProgressRow[]>`
    SELECT r."doubleReadingId", r.id AS "readingId", r."readerId", r.part::text, r."finishedAt",
      count(c.place)::int AS "cellCount", count(c."reviewId")::int AS "decidedCount"
    FROM "Reading" r LEFT JOIN "ReadingCell" c ON c."readingId" = r.id
    WHERE r."doubleReadingId" = ANY(${[...doubleReadingIds]}::text[])
    GROUP BY r.id ORDER BY r.part, r."createdAt", r.id`;
  return rowsByKey(rows, ({ doubleReadingId }) => doubleReadingId);
}

/** Whether both readers of a double reading have finished. */
export function isRead(progress: readonly ReadingProgressRow[]): boolean {
  const both = progress.filter(({ part }) => part !== 'THIRD');
  return both.length === 2 && both.every(({ finishedAt }) => finishedAt !== null);
}
