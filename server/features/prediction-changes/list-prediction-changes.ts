import { authorise } from '../../api/authorise.js';
import {
  type Edge,
  type Page,
  type PageArguments,
  type PageInfo,
  connectionOf,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { PredictionChangeKind } from '../../database/generated/enums.js';
import { type Place, START, cursorOfChange, placeOfCursor, startCursor } from './change-cursor.js';

export interface PredictionChangeRow {
  cursor: string;
  createdAt: Date;
  kind: PredictionChangeKind;
  predictionId: string;
  reviewId: string | null;
  /** The audit event of a move. */
  moveId: string | null;
}

/** A change with its place in the order, which the API does not show. */
export interface PlacedChange extends PredictionChangeRow {
  at: Place;
}

export interface PredictionChangePage {
  edges: Edge<PredictionChangeRow>[];
  pageInfo: PageInfo;
}

/**
 * A page of the changes of the history, in the order in which their transactions became visible. A program that always continues
 * after the last cursor gets each change once: changes are listed only when no earlier one can still appear.
 */
export async function listPredictionChanges(
  context: Pick<RequestContext, 'database' | 'viewer'>,
  pageArguments: PageArguments,
): Promise<PredictionChangePage> {
  const viewer = authorise(context, 'read predictions');
  const { size, backward, cursor } = pageOf(pageArguments);
  const from = cursor === null ? null : await placeOfCursor(context.database, cursor);
  const rows = await readChanges(context.database, { size, backward, from }, viewer);
  const { edges, pageInfo } = connectionOf({ size, backward, cursor }, rows, (row) => row.cursor, 0);
  if (edges.length === 0) pageInfo.endCursor = cursor ?? startCursor;
  return { edges, pageInfo };
}

/**
 * The changes of a page, at the sites that the user sees, in reading order, and the one after them if there is one. Postgres assigns transaction ids when
 * transactions first write, but they become visible when they commit. So only changes below the oldest transaction in progress
 * are read: `first_open_place` and the rows are of the same snapshot.
 */
export async function readChanges(
  database: Database,
  { size, backward, from }: Omit<Page, 'cursor'> & { from: Place | null },
  limits: SiteLimits,
): Promise<PlacedChange[]> {
  const direction = backward ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  const beyond = backward ? Prisma.sql`<` : Prisma.sql`>`;
  const order = Prisma.sql`ORDER BY change."place" ${direction}, change."id" ${direction} LIMIT ${size + 1}`;
  const page = (ofSite: Prisma.Sql) => Prisma.sql`
    SELECT * FROM "PredictionChange" change
    WHERE "place" < (SELECT first_open_place()) AND ${ofSite}
      ${from ? Prisma.sql`AND ("place", "id") ${beyond} (${from.place}::bigint, ${from.id}::bigint)` : Prisma.empty}
    ${order}`;
  const sites = visibleSites(limits);
  const changes =
    sites === null
      ? page(Prisma.sql`TRUE`)
      : Prisma.sql`SELECT change.* FROM unnest(${[...sites]}::text[]) AS site (id)
          CROSS JOIN LATERAL (${page(Prisma.sql`change."siteId" = site.id`)}) AS change`;
  const rows = await database.$queryRaw<(Omit<PredictionChangeRow, 'cursor'> & Place)[]>`
    SELECT "place"::text, "id"::text, "createdAt", "kind", "predictionId", "reviewId", "moveId" FROM (${changes}) AS change ${order}`;
  return rows.map(({ place, id, ...row }) => ({ ...row, cursor: cursorOfChange(row), at: { place, id } }));
}

/** The place of the last change so far; before the first change, one that all changes follow. */
export async function endOfChanges(database: Database, limits: SiteLimits): Promise<Place> {
  const [last] = await readChanges(database, { size: 1, backward: true, from: null }, limits);
  return last?.at ?? START;
}
