import { agreementOf, type Agreement as Measured } from '../../../evaluation/cohens-kappa.js';
import { authorise } from '../../api/authorise.js';
import { rowsByKey } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput, notFound } from '../../api/errors.js';
import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import type { Database } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import type {
  CellType,
  PredictionOutcome,
  ReadingPart,
  ReviewVerdict,
} from '../../database/generated/enums.js';
import { findModelByName } from '../models/list-models.js';

/** How far two sides agree, and how many cells could not be compared. */
export type AgreementRow = Measured & { leftOut: number };

export interface ReadingAgreementRow {
  /** Null: of all versions. */
  modelVersionId: string | null;
  labels: AgreementRow;
  cellTypes: AgreementRow;
  withModel: { readerId: string; labels: AgreementRow }[];
}

/** A decision of a finished blind reading. */
interface Decision {
  /** Of the two readings of the same cells; null for a reading of one person. */
  doubleReadingId: string | null;
  part: ReadingPart | null;
  readerId: string;
  predictionId: string;
  modelVersionId: string;
  outcome: PredictionOutcome;
  modelLabel: string;
  verdict: ReviewVerdict;
  label: string;
  cellType: CellType | null;
  blind: boolean;
}

/** The newest decisions of a model that are read. */
const MOST_DECISIONS = 50_000;

/**
 * The agreement of the readers for each version of a model that has decisions, the newest version first: in readings of the sites that the
 * user sees, finished in a time window. Between readers: of double readings. With the model: of these, and of blind readings of one person,
 * whose cells were drawn at random or were all cells of a case.
 * @throws NOT_FOUND if there is no such model, or BAD_USER_INPUT if `from` is not before `to`
 */
export async function readingAgreement(
  context: RequestContext,
  modelName: string,
  from: Date,
  to: Date,
): Promise<ReadingAgreementRow[]> {
  const viewer = authorise(context, 'read predictions');
  if (from >= to) throw badUserInput("'from' must be before 'to'.");
  const model = await findModelByName(context, modelName);
  if (!model) throw notFound(`There is no model '${modelName}'.`);
  const decisions = await findDecisions(
    context.database,
    Prisma.sql`v."modelId" = ${model.id} AND r."finishedAt" >= ${from} AND r."finishedAt" < ${to}
      AND ${isOfVisibleSites(viewer, Prisma.sql`p."siteId"`)}`,
  );
  return agreementsOfVersions(decisions);
}

/** The agreement in double readings, which the caller must have found for the user: of all cells, and then of each version. */
export async function loadAgreementOfDoubleReadings(
  database: Database,
  doubleReadingIds: readonly string[],
): Promise<Map<string, ReadingAgreementRow[]>> {
  const decisions = await findDecisions(
    database,
    Prisma.sql`r."doubleReadingId" = ANY(${[...doubleReadingIds]}::text[])`,
  );
  const byId = rowsByKey(decisions, ({ doubleReadingId }) => doubleReadingId ?? '');
  return new Map([...byId].map(([id, of]) => [id, [agreementIn(null, of), ...agreementsOfVersions(of)]]));
}

/** Decisions of finished blind readings whose cells were chosen without regard to the prediction, so not those of third readers. */
async function findDecisions(database: Database, condition: Prisma.Sql): Promise<Decision[]> {
  return database.$queryRaw<Decision[]>`
    SELECT r."doubleReadingId", r.part::text, r."readerId", p.id AS "predictionId", v.id AS "modelVersionId",
      p.outcome::text, p.label AS "modelLabel", review.verdict::text, review.label, review."cellType"::text, review.blind
    FROM "Reading" r
    JOIN "ReadingCell" c ON c."readingId" = r.id
    JOIN "Review" review ON review.id = c."reviewId" AND review."withdrawnAt" IS NULL
    JOIN "Prediction" p ON p.id = c."predictionId"
    JOIN "ModelVersion" v ON v.id = p."modelVersionId"
    WHERE r.blind AND r."finishedAt" IS NOT NULL AND r.origin IN ('RANDOM_SAMPLE', 'WHOLE_SET') AND ${condition}
    ORDER BY v.version DESC, v.id, r."finishedAt" DESC, r.id, c.place LIMIT ${MOST_DECISIONS}`;
}

function agreementsOfVersions(decisions: readonly Decision[]): ReadingAgreementRow[] {
  return [...rowsByKey(decisions, ({ modelVersionId }) => modelVersionId)].map(([id, of]) =>
    agreementIn(id, of),
  );
}

function agreementIn(modelVersionId: string | null, decisions: readonly Decision[]): ReadingAgreementRow {
  const pairs = pairsOf(decisions);
  const readers = [...rowsByKey(decisions, ({ readerId }) => readerId)];
  return {
    modelVersionId,
    labels: measure(pairs.map(([first, second]) => [labelOf(first), labelOf(second)])),
    cellTypes: measure(pairs.map(([first, second]) => [typeOf(first), typeOf(second)])),
    withModel: readers
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([readerId, own]) => ({ readerId, labels: measure(own.map(withAnswer)) })),
  };
}

/** What both readers decided about the same cell. */
function pairsOf(decisions: readonly Decision[]): [Decision, Decision][] {
  const keyOf = ({ doubleReadingId, predictionId }: Decision) => `${doubleReadingId} ${predictionId}`;
  const seconds = new Map(decisions.flatMap((each) => (each.part === 'SECOND' ? [[keyOf(each), each]] : [])));
  return decisions.flatMap((first) => {
    const second = first.part === 'FIRST' ? seconds.get(keyOf(first)) : undefined;
    return second ? [[first, second]] : [];
  });
}

/** The label, with “not a cell” as one more; null if the reader could not tell, or was not blind. */
function labelOf({ verdict, label, blind }: Decision): string | null {
  if (!blind || verdict === 'CANNOT_TELL') return null;
  return verdict === 'LABEL' ? `label ${label}` : verdict;
}

function typeOf({ cellType, blind }: Decision): string | null {
  return blind ? cellType : null;
}

/** The labels of a reader and of the model; null for those that cannot be compared. */
function withAnswer({
  verdict,
  label,
  blind,
  outcome,
  modelLabel,
}: Decision): [string | null, string | null] {
  const isComparable = blind && verdict === 'LABEL' && outcome === 'CLASSIFIED';
  return isComparable ? [label, modelLabel] : [null, null];
}

function measure(labels: readonly (readonly [string | null, string | null])[]): AgreementRow {
  const compared = labels.flatMap(([actual, predicted]) =>
    actual === null || predicted === null ? [] : [{ actual, predicted, count: 1 }],
  );
  const counts = new Map<string, { actual: string; predicted: string; count: number }>();
  for (const pair of compared) {
    const key = JSON.stringify([pair.actual, pair.predicted]);
    const counted = counts.get(key);
    if (counted) counted.count++;
    else counts.set(key, pair);
  }
  return { ...agreementOf([...counts.values()]), leftOut: labels.length - compared.length };
}
