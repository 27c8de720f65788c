import { z } from 'zod';
import { refuseInvalid } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import {
  type Connection,
  connectionOf,
  cursorOfTime,
  decodeCursor,
  type Page,
  type PageArguments,
  pageOf,
} from '../../api/connection.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import type { SiteLimits } from '../../api/visible-sites.js';
import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';
import { all, since1970 } from '../predictions/prediction-filter.js';
import { refuseUnknown } from '../predictions/refuse-unknown.js';
import { caseFilterRules } from './case-filter-rules.js';
import { type CaseRow, loadCases } from './load-cases.js';
import type { CaseFilter } from './types.js';

/** A page of cases. The cases on all pages are counted only when `count` is called. */
export interface CasePage extends Omit<Connection<CaseRow>, 'totalCount'> {
  count(): Promise<number>;
}

/**
 * A page of the cases that meet all conditions of the filter, newest first.
 * @throws BAD_USER_INPUT for a filter that no case can match; NOT_FOUND for a user or site that does not exist, or that the viewer does not see;
 *   FORBIDDEN for a search by a viewer who may not see case references
 */
export async function listCases(
  context: Pick<RequestContext, 'database' | 'viewer'>,
  pageArguments: PageArguments,
  filter: CaseFilter,
): Promise<CasePage> {
  const viewer = authorise(context, 'read predictions');
  if (filter.search != null) authorise(context, 'see images');
  const page = pageOf(pageArguments);
  refuseInvalid(caseFilterRules, filter);
  const { siteId, workedOnById } = filter;
  await refuseUnknown(context.database, { siteId, createdById: workedOnById }, viewer);

  const cases = casesThat(filter, viewer);
  const found = await context.database.$queryRaw<{ id: string }[]>`
    SELECT c.id FROM ${cases} AND ${beyondCursor(page)} ${inOrder(page)} LIMIT ${page.size + 1}`;
  const ids = found.map(({ id }) => id);
  const rows = await loadCases(context.database, ids, viewer);
  const { edges, pageInfo } = connectionOf(
    page,
    ids.flatMap((id) => rows.get(id) ?? []),
    cursorOfTime,
    0,
  );
  const count = async () => {
    const [counted] = await context.database.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM ${cases}`;
    return counted?.count ?? 0;
  };
  return { edges, pageInfo, count };
}

/**
 * The tables and conditions of a filter. `k` has the sort key: the cases of one user are read in the order of "CaseWorker", so that
 * those of many other users between them cost nothing.
 */
function casesThat(
  { search, state, siteId, workedOnById, createdAfter, createdBefore }: CaseFilter,
  limits: SiteLimits,
): Prisma.Sql {
  const table =
    workedOnById == null
      ? Prisma.sql`"Case" c CROSS JOIN LATERAL (SELECT c."createdAt", c.id) AS k`
      : Prisma.sql`(SELECT "caseCreatedAt" AS "createdAt", "caseId" AS id FROM "CaseWorker" WHERE "userId" = ${workedOnById}) AS k
          JOIN "Case" c ON c.id = k.id`;
  const conditions = [isOfVisibleSites(limits, Prisma.sql`c."siteId"`)];
  const [min, max] = [since1970(createdAfter), since1970(createdBefore)];
  if (min !== null) conditions.push(Prisma.sql`k."createdAt" >= ${min}`);
  if (max !== null) conditions.push(Prisma.sql`k."createdAt" < ${max}`);
  if (state != null) conditions.push(Prisma.sql`c.state = ${state}::"CaseState"`);
  if (siteId != null) conditions.push(Prisma.sql`c."siteId" = ${siteId}`);
  if (search != null) conditions.push(contains(search));
  return Prisma.sql`${table} WHERE ${all(conditions)}`;
}

/** The condition that the reference contains a text. Both are compared in small letters, in the same form of accents. */
function contains(text: string): Prisma.Sql {
  const escaped = text.trim().replace(/[\\%_]/g, String.raw`\$&`);
  return Prisma.sql`c."searchText" LIKE '%' || lower(normalize(${escaped}::text, NFC)) || '%'`;
}

function beyondCursor({ cursor, backward }: Page): Prisma.Sql {
  if (cursor === null) return Prisma.sql`TRUE`;
  const [time, id, ...more] = decodeCursor(cursor);
  const isTime = z.iso.datetime({ precision: 3 }).safeParse(time).success;
  if (typeof time !== 'string' || !isTime || typeof id !== 'string' || !isId('case', id) || more.length > 0)
    throw badUserInput(`'${cursor}' is not a cursor of this list. Start again from the first page.`);
  const sign = backward ? Prisma.sql`>` : Prisma.sql`<`;
  return Prisma.sql`(k."createdAt", k.id) ${sign} (${new Date(time)}, ${id})`;
}

/** Newest first; a backward page is read from its end. */
function inOrder({ backward }: Page): Prisma.Sql {
  return backward
    ? Prisma.sql`ORDER BY k."createdAt" ASC, k.id ASC`
    : Prisma.sql`ORDER BY k."createdAt" DESC, k.id DESC`;
}
