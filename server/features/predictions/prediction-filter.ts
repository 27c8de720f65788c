import { badUserInput } from '../../api/errors.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { firstIdOf } from '../../database/ids.js';
import type { PredictionFilter } from './types.js';

/**
 * How much earlier than its `createdAt` the time in a prediction's id may be: clocks of several servers differ. Ids sort
 * by time, so that a range of times needs only that part of the history.
 */
const SLACK_MS = 3_600_000;

/** The SQL condition on "Prediction" p that a filter means. Throws BAD_USER_INPUT for a filter that nothing can meet. */
export async function conditionOf(database: Database, filter: PredictionFilter): Promise<Prisma.Sql> {
  refuseNonsense(filter);
  const {
    modelVersionId,
    modelName,
    label,
    outcome,
    caseReference,
    createdById,
    reviewed,
    imageSha256,
    minConfidence,
    maxConfidence,
  } = filter;
  const createdAfter = since1970(filter.createdAfter);
  const createdBefore = since1970(filter.createdBefore);
  const conditions: Prisma.Sql[] = [];
  const require = (condition: Prisma.Sql) => void conditions.push(condition);

  if (createdAfter) {
    require(Prisma.sql`p."createdAt" >= ${createdAfter}`);
    require(Prisma.sql`p.id >= ${firstIdOf('pred', new Date(createdAfter.getTime() - SLACK_MS))}`);
  }
  if (createdBefore) {
    require(Prisma.sql`p."createdAt" < ${createdBefore}`);
    require(Prisma.sql`p.id < ${firstIdOf('pred', new Date(createdBefore.getTime() + SLACK_MS))}`);
  }
  if (modelVersionId != null) require(Prisma.sql`p."modelVersionId" = ${modelVersionId}`);
  if (modelName != null) require(await isOfModel(database, modelName));
  if (label != null) require(Prisma.sql`p.label = ${label}`);
  if (outcome != null) require(Prisma.sql`p.outcome = ${outcome}::"PredictionOutcome"`);
  if (caseReference != null) require(Prisma.sql`p."caseReference" = ${caseReference}`);
  if (createdById != null) require(Prisma.sql`p."createdById" = ${createdById}`);
  if (imageSha256 != null) require(Prisma.sql`p."imageSha256" = ${imageSha256}`);
  if (minConfidence != null) require(Prisma.sql`p.confidence >= ${minConfidence}`);
  if (maxConfidence != null) require(Prisma.sql`p.confidence <= ${maxConfidence}`);
  if (reviewed != null) {
    const review = Prisma.sql`EXISTS (SELECT 1 FROM "Review" r WHERE r."predictionId" = p.id)`;
    require(reviewed ? review : Prisma.sql`NOT ${review}`);
  }
  return conditions.length > 0 ? Prisma.join(conditions, ' AND ') : Prisma.sql`TRUE`;
}

/** By the versions' ids and not by a join: of constants Postgres knows how many predictions they have. */
async function isOfModel(database: Database, name: string): Promise<Prisma.Sql> {
  const versions = await database.modelVersion.findMany({ where: { model: { name } }, select: { id: true } });
  if (versions.length === 0) return Prisma.sql`FALSE`;
  return Prisma.sql`p."modelVersionId" IN (${Prisma.join(versions.map(({ id }) => id))})`;
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
