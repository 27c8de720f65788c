import { refuseInvalid } from '../../api/argument-rules.js';
import { badUserInput } from '../../api/errors.js';
import { type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { ReviewVerdict } from '../../database/generated/enums.js';
import { findCaseIdentity } from '../case-identity/find-case-identity.js';
import { predictionsOfBulk } from '../bulk-items/load-bulk-ids.js';
import { predictionFilterRules } from './prediction-filter-rules.js';
import { refuseUnknown } from './refuse-unknown.js';
import type { PredictionFilter } from './types.js';

/** The conditions of a filter as SQL on "Prediction" p, grouped by the indexes that they can use. All of them must be true. */
export interface HistoryConditions {
  /**
   * The condition that has separate indexes. If there are several, the first of these has precedence. The rows of an image, a bulk
   * classification or a rare verdict (`isSmall`) are found first and then sorted; the others have streams of their kinds in the order of the sort.
   */
  owner: { isSmall: boolean; condition: Prisma.Sql } | null;
  /** Ids of the sites to include; null for all sites, and where `owner` limits the rows more: then `rest` has the condition. */
  sites: readonly string[] | null;
  /** Ids of the versions to include; null for all versions. */
  versionIds: string[] | null;
  /** Conditions on label, outcome and reviewed. */
  facets: Prisma.Sql[];
  /** The range of createdAt, by the database's clock. `min` is included, `max` is not. */
  time: { min: Date | null; max: Date | null };
  /** The range of confidence. Both limits are included. */
  confidence: { min: number | null; max: number | null };
  /** Conditions without an index. */
  rest: Prisma.Sql[];
}

/**
 * The conditions of a filter, and of the sites that the user sees.
 * @throws what {@link checkFilter} throws
 */
export async function conditionsOf(
  database: Database,
  filter: PredictionFilter,
  limits: SiteLimits,
): Promise<HistoryConditions> {
  await checkFilter(database, filter, limits);
  return conditionsOfChecked(database, filter, limits);
}

/**
 * @throws BAD_USER_INPUT for a filter that no prediction can match
 * @throws NOT_FOUND for a label, cell type, model, version, user, bulk classification, case or site that does not exist, or that the user does not see
 */
export async function checkFilter(
  database: Database,
  filter: PredictionFilter,
  limits: SiteLimits,
): Promise<void> {
  refuseInvalid(predictionFilterRules, filter);
  if (filter.verdict != null && filter.reviewed === false) {
    throw badUserInput(
      "Only reviewed predictions have a 'verdict'. Leave out 'reviewed', or set it to true.",
    );
  }
  await refuseUnknown(database, filter, limits);
}

/** The conditions of a filter that was checked before. */
export async function conditionsOfChecked(
  database: Database,
  filter: PredictionFilter,
  limits: SiteLimits,
): Promise<HistoryConditions> {
  const { label, outcome, verdict } = filter;
  const reviewed = verdict == null ? filter.reviewed : true;
  const { owners, rest: ofOwners } = await ownersOf(database, filter, limits);
  const [owner = null, ...otherOwners] = owners;

  const facets: Prisma.Sql[] = [];
  if (label != null) facets.push(Prisma.sql`p.label = ${label}`);
  if (outcome != null) facets.push(Prisma.sql`p.outcome = ${outcome}::"PredictionOutcome"`);
  if (reviewed != null) facets.push(Prisma.sql`p.reviewed = ${reviewed}`);

  const time = { min: since1970(filter.createdAfter), max: since1970(filter.createdBefore) };
  const confidence = { min: filter.minConfidence ?? null, max: filter.maxConfidence ?? null };
  const versionIds = await versionIdsOf(database, filter);
  const rest = [...ofOwners, ...otherOwners.map(({ condition }) => condition)];
  if (filter.qualityWarning != null)
    rest.push(Prisma.sql`${filter.qualityWarning} = ANY(p."qualityWarnings")`);
  if (verdict != null) rest.push(hasFinalVerdict(verdict));
  if (filter.search != null) rest.push(contains(filter.search));
  const sites = sitesOf(filter, limits);
  if (owner && sites) rest.push(isOfSites(sites));
  return { owner, sites: owner ? null : sites, versionIds, facets, time, confidence, rest };
}

/** All conditions in one. */
export function wholeCondition(conditions: HistoryConditions): Prisma.Sql {
  const { owner, sites, versionIds, facets, time, confidence, rest } = conditions;
  return all([
    ...(owner ? [owner.condition] : []),
    ...(sites ? [isOfSites(sites)] : []),
    ...(versionIds ? [isOneOf(versionIds)] : []),
    ...facets,
    ...timeConditions(time),
    ...confidenceConditions(confidence),
    ...rest,
  ]);
}

export function timeConditions({ min, max }: HistoryConditions['time']): Prisma.Sql[] {
  return [
    ...(min === null ? [] : [Prisma.sql`p."createdAt" >= ${min}`]),
    ...(max === null ? [] : [Prisma.sql`p."createdAt" < ${max}`]),
  ];
}

export function confidenceConditions({ min, max }: HistoryConditions['confidence']): Prisma.Sql[] {
  return [
    ...(min === null ? [] : [Prisma.sql`p.confidence >= ${min}`]),
    ...(max === null ? [] : [Prisma.sql`p.confidence <= ${max}`]),
  ];
}

/** The condition that all of these are true. */
export function all(conditions: Prisma.Sql[]): Prisma.Sql {
  return conditions.length > 0 ? Prisma.join(conditions, ' AND ') : Prisma.sql`TRUE`;
}

/** The condition that the file name or the case reference contains a text, whose accents may be stored as one character or two. */
function contains(text: string): Prisma.Sql {
  const escaped = text.trim().replace(/[\\%_]/g, String.raw`\$&`);
  const patterns = (['NFC', 'NFD'] as const).map((form) => `%${escaped.normalize(form)}%`);
  return Prisma.sql`(p."fileName" ILIKE ANY(${patterns}::text[]) OR p."caseReference" ILIKE ANY(${patterns}::text[]))`;
}

/** The condition that the newest review has this verdict. */
function hasFinalVerdict(verdict: ReviewVerdict): Prisma.Sql {
  return Prisma.sql`(SELECT r.verdict FROM "Review" r WHERE r."predictionId" = p.id AND r."withdrawnAt" IS NULL
    ORDER BY r."createdAt" DESC, r.id DESC LIMIT 1) = ${verdict}::"ReviewVerdict"`;
}

/** The conditions that have separate indexes, and what they need besides. */
async function ownersOf(database: Database, filter: PredictionFilter, limits: SiteLimits) {
  const { imageSha256, bulkClassificationId, caseReference, caseId, createdById, cellType, verdict } = filter;
  const owners: NonNullable<HistoryConditions['owner']>[] = [];
  const rest: Prisma.Sql[] = [];
  if (imageSha256 != null) {
    owners.push({ isSmall: true, condition: Prisma.sql`p."imageSha256" = ${imageSha256}` });
  }
  if (bulkClassificationId != null) {
    const condition = Prisma.sql`p.id IN (${predictionsOfBulk(bulkClassificationId)})`;
    owners.push({ isSmall: true, condition });
  }
  if (caseReference != null) {
    owners.push({ isSmall: false, condition: Prisma.sql`p."caseReference" = ${caseReference}` });
  }
  if (caseId != null) {
    const identity = await findCaseIdentity(database, caseId, limits);
    const condition = identity ? Prisma.sql`p."caseReference" = ${identity.reference}` : Prisma.sql`FALSE`; // erased
    owners.push({ isSmall: false, condition });
    rest.push(Prisma.sql`p."siteId" IS NOT DISTINCT FROM ${identity?.siteId ?? null}`);
  }
  if (createdById != null) {
    owners.push({ isSmall: false, condition: Prisma.sql`p."createdById" = ${createdById}` });
  }
  if (cellType != null) {
    owners.push({ isSmall: false, condition: Prisma.sql`p."cellType" = ${cellType}` });
  }
  if (verdict != null && verdict !== 'LABEL') {
    // Few predictions have such a review; the newest review is checked for each, see `hasFinalVerdict`.
    const condition = Prisma.sql`p.id IN (SELECT r."predictionId" FROM "Review" r
      WHERE r.verdict <> 'LABEL' AND r.verdict = ${verdict}::"ReviewVerdict" AND r."withdrawnAt" IS NULL)`;
    owners.push({ isSmall: true, condition });
  }
  return { owners, rest };
}

/** The sites of a filter that the user sees; null for all sites, and rows without one. */
function sitesOf({ siteId }: PredictionFilter, limits: SiteLimits): readonly string[] | null {
  const visible = visibleSites(limits);
  if (siteId == null) return visible;
  return visible === null || visible.includes(siteId) ? [siteId] : [];
}

function isOfSites(sites: readonly string[]): Prisma.Sql {
  return sites.length > 0 ? Prisma.sql`p."siteId" IN (${Prisma.join([...sites])})` : Prisma.sql`FALSE`;
}

/** Compares with constant ids instead of a join, because Postgres has statistics about constants. */
function isOneOf(versionIds: string[]): Prisma.Sql {
  return versionIds.length > 0
    ? Prisma.sql`p."modelVersionId" IN (${Prisma.join(versionIds)})`
    : Prisma.sql`FALSE`;
}

async function versionIdsOf(
  database: Database,
  { modelName, modelVersionId, cellType }: PredictionFilter,
): Promise<string[] | null> {
  if (modelName == null && cellType == null) return modelVersionId == null ? null : [modelVersionId];
  const versions = await database.modelVersion.findMany({
    where: {
      ...(modelName == null ? {} : { model: { name: modelName } }),
      ...(modelVersionId == null ? {} : { id: modelVersionId }),
      // Only these name the type. The predictions of others need not be read.
      ...(cellType == null ? {} : { cellTypes: { has: cellType } }),
    },
    select: { id: true },
  });
  return versions.map(({ id }) => id);
}

/** Moves earlier times to 1970: there are no earlier predictions, and Postgres has no year 0. */
export function since1970(time: Date | null | undefined): Date | null {
  return time ? new Date(Math.max(0, time.getTime())) : null;
}
