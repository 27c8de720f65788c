import { authorise } from '../../api/authorise.js';
import { batched, rowsByKey } from '../../api/batched.js';
import { badUserInput } from '../../api/errors.js';
import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { isId } from '../../database/ids.js';
import { recordSearch, type SearchContext } from '../predictions/authorise-filter.js';

export type CaseRow = Omit<Prisma.CaseGetPayload<object>, 'searchText'>;

/** The columns of a {@link CaseRow} of the table `c`. */
export const caseColumns = Prisma.sql`
  c.id, c.reference, c."siteId", c.state, c.comment, c."createdAt", c."minimumCells", c."countBandsSeparately"`;

/** The cases with these ids, of the sites that the user sees. */
export async function loadCases(
  database: Database,
  ids: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, CaseRow>> {
  const rows = await database.case.findMany({
    where: { id: { in: [...ids] }, ...ofVisibleSites(limits) },
    omit: { searchText: true },
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** A case by id, for users who may read predictions; null if there is none. The audit trail records that the case was opened. */
export async function findCase(context: SearchContext, id: string): Promise<CaseRow | null> {
  authorise(context, 'read predictions');
  recordSearch(context, { caseId: id });
  return isId('case', id) ? batched(context, loadCases).load(id) : null;
}

/** Names a case by its id or by its exact reference, and the site of the reference. */
export interface CaseName {
  id?: string | null;
  reference?: string | null;
  siteId?: string | null;
}

/**
 * The case that is named; null if there is none that the user sees. Without a site, a reference can be of any site that the user sees,
 * and the case of the user's first site comes first.
 * @throws BAD_USER_INPUT unless there is either an id or a reference, or if several sites other than the user's first have the
 *   reference; FORBIDDEN for a reference if the viewer may not see case references
 */
export async function findOneCase(
  context: SearchContext,
  { id, reference, siteId }: CaseName,
): Promise<CaseRow | null> {
  const viewer = authorise(context, 'read predictions');
  if (reference != null) authorise(context, 'see images');
  if ((id == null) === (reference == null))
    throw badUserInput("Give either the 'id' of the case or its 'reference'.");
  if (siteId != null && id != null)
    throw badUserInput("'siteId' is only for a case that is named by its 'reference'.");
  if (id != null) return findCase(context, id);
  return findByReference(context.database, viewer, reference ?? '', siteId ?? null);
}

async function findByReference(
  database: Database,
  viewer: SiteLimits,
  reference: string,
  siteId: string | null,
): Promise<CaseRow | null> {
  const cases = await database.case.findMany({
    where: { AND: [{ reference, ...(siteId === null ? {} : { siteId }) }, ofVisibleSites(viewer)] },
    omit: { searchText: true },
  });
  const [own] = viewer.siteIds;
  const found = cases.find((each) => each.siteId === (siteId ?? own ?? null));
  if (found) return found;
  if (cases.length <= 1) return cases[0] ?? null;
  throw badUserInput(
    "Several sites have a case with this reference. Give 'siteId', or find the case with 'cases' and give its 'id'.",
  );
}

/** The case of each of these predictions, which the caller must have found for the user. Those without a case have none. */
export async function loadCasesOfPredictions(
  database: Database,
  predictionIds: readonly string[],
): Promise<Map<string, CaseRow>> {
  return casesOf(database, Prisma.sql`"Prediction"`, predictionIds);
}

/** The same for fields. */
export async function loadCasesOfFields(
  database: Database,
  fieldIds: readonly string[],
): Promise<Map<string, CaseRow>> {
  return casesOf(database, Prisma.sql`"Field"`, fieldIds);
}

/** The same for bulk classifications. */
export async function loadCasesOfBulkClassifications(
  database: Database,
  bulkIds: readonly string[],
): Promise<Map<string, CaseRow>> {
  return casesOf(database, Prisma.sql`"BulkClassification"`, bulkIds);
}

async function casesOf(
  database: Database,
  table: Prisma.Sql,
  ids: readonly string[],
): Promise<Map<string, CaseRow>> {
  const rows = await database.$queryRaw<(CaseRow & { ownerId: string })[]>`
    SELECT o.id AS "ownerId", ${caseColumns}
    FROM ${table} o JOIN "Case" c ON c.reference = o."caseReference" AND c."siteId" IS NOT DISTINCT FROM o."siteId"
    WHERE o.id = ANY(${[...ids]}::text[])`;
  return new Map(rows.map(({ ownerId, ...row }) => [ownerId, row]));
}

/** The ids of the users who worked on each case, which the caller must have found for the user, in the order of their ids. */
export async function loadWorkersOfCases(
  database: Database,
  caseIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await database.caseWorker.findMany({
    where: { caseId: { in: [...caseIds] } },
    orderBy: { userId: 'asc' },
    select: { caseId: true, userId: true },
  });
  const workers = rowsByKey(rows, ({ caseId }) => caseId);
  return new Map([...workers].map(([caseId, of]) => [caseId, of.map(({ userId }) => userId)]));
}
