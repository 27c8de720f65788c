import { badUserInput } from '../../api/errors.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type { PredictionFilter } from './types.js';

/** What a filter means, on "Prediction" p, in the parts by which the indices are chosen. Each part is SQL that must hold. */
export interface HistoryConditions {
  /** A column that has indices of its own, and its value: an image before a case before a user. */
  owner: { column: 'imageSha256' | 'caseReference' | 'createdById'; condition: Prisma.Sql } | null;
  /** The versions that are asked for; null: all of them. */
  versionIds: string[] | null;
  /** On label, outcome and reviewed. */
  facets: Prisma.Sql[];
  /** On createdAt, by the database's clock: from `min` on, and before `max`. */
  time: { min: Date | null; max: Date | null };
  /** At least this, and at most. */
  confidence: { min: number | null; max: number | null };
  /** What no index is chosen by. */
  rest: Prisma.Sql[];
}

/** The parts of a filter. Throws BAD_USER_INPUT for a filter that nothing can meet. */
export async function conditionsOf(database: Database, filter: PredictionFilter): Promise<HistoryConditions> {
  refuseNonsense(filter);
  const { label, outcome, reviewed } = filter;
  const [owner = null, ...otherOwners] = ownersOf(filter);

  const facets: Prisma.Sql[] = [];
  if (label != null) facets.push(Prisma.sql`p.label = ${label}`);
  if (outcome != null) facets.push(Prisma.sql`p.outcome = ${outcome}::"PredictionOutcome"`);
  if (reviewed != null) facets.push(Prisma.sql`p.reviewed = ${reviewed}`);

  const time = { min: since1970(filter.createdAfter), max: since1970(filter.createdBefore) };
  const confidence = { min: filter.minConfidence ?? null, max: filter.maxConfidence ?? null };
  const versionIds = await versionIdsOf(database, filter);
  const rest = otherOwners.map(({ condition }) => condition);
  return { owner, versionIds, facets, time, confidence, rest };
}

/** All parts in one condition. */
export function wholeCondition(conditions: HistoryConditions): Prisma.Sql {
  const { owner, versionIds, facets, time, confidence, rest } = conditions;
  return all([
    ...(owner ? [owner.condition] : []),
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

/** That each of the conditions holds. */
export function all(conditions: Prisma.Sql[]): Prisma.Sql {
  return conditions.length > 0 ? Prisma.join(conditions, ' AND ') : Prisma.sql`TRUE`;
}

function ownersOf({ imageSha256, caseReference, createdById }: PredictionFilter) {
  const owners: NonNullable<HistoryConditions['owner']>[] = [];
  if (imageSha256 != null) {
    owners.push({ column: 'imageSha256', condition: Prisma.sql`p."imageSha256" = ${imageSha256}` });
  }
  if (caseReference != null) {
    owners.push({ column: 'caseReference', condition: Prisma.sql`p."caseReference" = ${caseReference}` });
  }
  if (createdById != null) {
    owners.push({ column: 'createdById', condition: Prisma.sql`p."createdById" = ${createdById}` });
  }
  return owners;
}

/** By the versions' ids and not by a join: of constants Postgres knows how many predictions they have. */
function isOneOf(versionIds: string[]): Prisma.Sql {
  return versionIds.length > 0
    ? Prisma.sql`p."modelVersionId" IN (${Prisma.join(versionIds)})`
    : Prisma.sql`FALSE`;
}

async function versionIdsOf(
  database: Database,
  { modelName, modelVersionId }: PredictionFilter,
): Promise<string[] | null> {
  if (modelName == null) return modelVersionId == null ? null : [modelVersionId];
  const versions = await database.modelVersion.findMany({
    where: { model: { name: modelName }, ...(modelVersionId == null ? {} : { id: modelVersionId }) },
    select: { id: true },
  });
  return versions.map(({ id }) => id);
}

/** Nothing was classified before, and Postgres does not know the year 0. */
function since1970(time: Date | null | undefined): Date | null {
  return time ? new Date(Math.max(0, time.getTime())) : null;
}

function refuseNonsense(filter: PredictionFilter): void {
  const { createdAfter, createdBefore, minConfidence, maxConfidence } = filter;
  if (minConfidence != null && maxConfidence != null && minConfidence > maxConfidence) {
    throw badUserInput(`minConfidence, ${minConfidence}, is above maxConfidence, ${maxConfidence}.`);
  }
  if (createdAfter != null && createdBefore != null && createdAfter >= createdBefore) {
    throw badUserInput('createdAfter must be earlier than createdBefore.');
  }
  for (const [name, value] of Object.entries(filter)) {
    if (typeof value === 'string' && hasControlCharacters(value)) {
      throw badUserInput(`'${name}' is plain text, without control characters.`);
    }
  }
}
