import { authorise, may } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import type { SiteLimits } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import { cancelledBy } from '../../database/cancellation.js';
import { Prisma } from '../../database/generated/client.js';
import { thresholdLabel } from '../../decision/interpret.js';
import { loadUsers } from '../accounts/load-users.js';
import { loadSites } from '../accounts/sites/load-sites.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { loadBulkIdsOfPredictions } from '../bulk-items/load-bulk-ids.js';
import { findCaseIdentity } from '../case-identity/find-case-identity.js';
import { loadModels, loadModelVersions } from '../models/load-models.js';
import { finalVerdictOf } from '../reviews/final-review.js';
import { loadEveryReviewOfPredictions, type ReviewRow } from '../reviews/load-reviews.js';
import { authoriseFilter } from './authorise-filter.js';
import {
  decodeMoment,
  encodeMoment,
  type HistoryMoment,
  laterThan,
  presentMoment,
} from './history-moment.js';
import { cursorAt, pageStatement } from './list-predictions.js';
import { loadPredictions, type PredictionRow } from './load-predictions.js';
import { conditionsOf, conditionsOfChecked, type HistoryConditions } from './prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from './types.js';

/** Predictions read together. */
export const EXPORT_PAGE = 1_000;

/** A prediction with what belongs to it, as at the moment of the export. */
export interface ExportedPrediction {
  prediction: PredictionRow;
  /** Oldest first; without comments for those who may not see images. */
  reviews: ReviewRow[];
  model: { name: string; version: number };
  /** Calibrated probability of each label. */
  probabilities: Record<string, number>;
  /** Probability of each cell type; null if the version knows none. */
  cellTypes: Record<string, number> | null;
  /** The label by the version's decision threshold. */
  thresholdLabel: string;
  siteName: string | null;
  createdByName: string | null;
  bulkClassificationId: string | null;
  /** Where an export that is cut off after this prediction continues. */
  cursor: string;
}

export interface PredictionExport {
  /** Names the moment, for a request that continues this export. */
  moment: string;
  /** The number of predictions at that moment. Those that are erased while the export runs are left out. */
  rowCount: number;
  /** Oldest first. */
  pages: AsyncIterable<ExportedPrediction[]>;
}

export interface ExportRequest {
  filter: PredictionFilter;
  /** As the audit trail names it. */
  format: string;
  /** The moment of an earlier export; null for now. */
  moment: string | null;
  /** The cursor of the last prediction that arrived; null to begin with the first. */
  after: string | null;
}

/**
 * All predictions that meet the filter at one moment, in pages. Predictions and reviews that are committed later are not in it,
 * however long it takes and however often it is continued. The export is recorded in the audit trail first.
 * @throws FORBIDDEN for those who may not read predictions; BAD_USER_INPUT for a filter that nothing can meet, or an invalid cursor
 */
export async function exportPredictions(
  context: RequestContext,
  { filter, format, moment, after }: ExportRequest,
): Promise<PredictionExport> {
  const viewer = authorise(context, 'read predictions');
  authoriseFilter(context, filter);
  const { database, signal } = context;
  const conditions = await conditionsOf(database, filter, viewer);
  pageStatement(conditions, pageAfter(after), PredictionOrder.OLDEST_FIRST); // throws for an invalid cursor
  const at =
    moment === null
      ? await cancelledBy(signal, () => presentMoment(database, conditions))
      : decodeMoment(moment);
  await recordAuditEvent(database, context, {
    action: AuditAction.PREDICTIONS_EXPORTED,
    detail: detailOf({ filter, format, moment }, at),
    casePseudonym: await pseudonymOfCase(database, viewer, filter),
  });
  const candidates = await candidatesOf(database, filter, viewer);
  return {
    moment: encodeMoment(at),
    rowCount: at.rowCount,
    pages: pagesOf(context, viewer, { candidates, at, after, filter }),
  };
}

const pageAfter = (cursor: string | null) => ({ size: EXPORT_PAGE, backward: false, cursor });

interface Selection {
  candidates: HistoryConditions;
  at: HistoryMoment;
  after: string | null;
  filter: PredictionFilter;
}

/**
 * Conditions that all predictions meet which met the filter at an earlier moment. After the moment, reviews are added and withdrawn, so what
 * the filter says about them is checked by {@link meetsByReviews}, when the reviews of the moment are known.
 */
async function candidatesOf(
  database: Database,
  filter: PredictionFilter,
  limits: SiteLimits,
): Promise<HistoryConditions> {
  const withoutReviews = Object.assign({}, filter, { verdict: null, reviewed: null });
  const conditions = await conditionsOfChecked(database, withoutReviews, limits);
  const wasReviewed = filter.verdict != null || filter.reviewed === true;
  return wasReviewed ? { ...conditions, rest: [...conditions.rest, hasAnyReview] } : conditions;
}

/** The condition that the prediction has a review, even if it was withdrawn. */
const hasAnyReview = Prisma.sql`(p.reviewed OR p.id IN (SELECT r."predictionId" FROM "Review" r WHERE r."withdrawnAt" IS NOT NULL))`;

function meetsByReviews({ reviewed, verdict }: PredictionFilter, reviews: readonly ReviewRow[]): boolean {
  if (reviewed != null && reviewed !== reviews.length > 0) return false;
  return verdict == null || verdict === finalVerdictOf(reviews);
}

async function* pagesOf(
  { database, signal }: Pick<RequestContext, 'database' | 'signal'>,
  viewer: Viewer,
  { candidates, at, after, filter }: Selection,
): AsyncGenerator<ExportedPrediction[]> {
  for (let cursor = after; ;) {
    signal.throwIfAborted();
    const page = await cancelledBy(signal, async () => {
      const statement = pageStatement(candidates, pageAfter(cursor), PredictionOrder.OLDEST_FIRST);
      const found = await database.$queryRaw<{ id: string }[]>(statement);
      const ids = found.slice(0, EXPORT_PAGE).map(({ id }) => id);
      return { rows: await exportedRows(database, viewer, at, ids), isLast: found.length <= EXPORT_PAGE };
    });
    const last = page.rows.at(-1);
    const rows = page.rows.filter(({ isLater, reviews }) => !isLater && meetsByReviews(filter, reviews));
    yield rows;
    if (page.isLast) return;
    if (last) cursor = last.cursor; // else all were erased just now
  }
}

/** Every prediction with these ids that exists now, in their order, and whether it was committed after the moment. */
async function exportedRows(
  database: Database,
  viewer: Viewer,
  at: HistoryMoment,
  ids: readonly string[],
): Promise<(ExportedPrediction & { isLater: boolean })[]> {
  const [predictions, reviews, bulkIds, later] = await Promise.all([
    loadPredictions(database, ids, viewer),
    loadEveryReviewOfPredictions(database, ids),
    loadBulkIdsOfPredictions(database, ids),
    laterThan(database, at, ids),
  ]);
  const inOrder = ids.flatMap((id) => predictions.get(id) ?? []);
  const idsOf = (key: 'modelVersionId' | 'siteId' | 'createdById') => [
    ...new Set(inOrder.flatMap((prediction) => prediction[key] ?? [])),
  ];
  const [versions, sites, users] = await Promise.all([
    loadModelVersions(database, idsOf('modelVersionId')),
    loadSites(database, idsOf('siteId')),
    loadUsers(database, idsOf('createdById')),
  ]);
  const models = await loadModels(database, [
    ...new Set([...versions.values()].map(({ modelId }) => modelId)),
  ]);

  const seesImages = may(viewer, 'see images');
  return inOrder.map((prediction) => {
    const { id, modelVersionId, siteId, createdById, probabilities, cellTypes } = prediction;
    const version = versions.get(modelVersionId);
    const ofMoment = (reviews.get(id) ?? []).filter(
      (review) =>
        !later.reviews.has(review.id) && (review.withdrawnAt === null || later.withdrawn.has(review.id)),
    );
    return {
      prediction: seesImages ? prediction : { ...prediction, caseReference: null, fileName: null },
      reviews: seesImages ? ofMoment : ofMoment.map((review) => ({ ...review, comment: null })),
      model: { name: models.get(version?.modelId ?? '')?.name ?? '', version: version?.version ?? 0 },
      probabilities: Object.fromEntries(
        (version?.classes ?? []).map((label, index) => [label, probabilities[index] ?? 0]),
      ),
      cellTypes:
        cellTypes.length > 0
          ? Object.fromEntries(
              (version?.cellTypes ?? []).map((label, index) => [label, cellTypes[index] ?? 0]),
            )
          : null,
      thresholdLabel: version ? thresholdLabel(version, probabilities[1] ?? NaN) : '',
      siteName: (siteId && sites.get(siteId)?.name) ?? null,
      createdByName: (createdById && users.get(createdById)?.displayName) ?? null,
      bulkClassificationId: bulkIds.get(id) ?? null,
      cursor: cursorAt(prediction, PredictionOrder.OLDEST_FIRST),
      isLater: later.predictions.has(id),
    };
  });
}

/** The pseudonym of the case that the filter is about; undefined if it is about none. A search is about a case if it is the whole reference. */
async function pseudonymOfCase(
  database: Database,
  viewer: Viewer,
  { caseId, caseReference, search }: PredictionFilter,
): Promise<string | undefined> {
  const byId = caseId == null ? null : await findCaseIdentity(database, caseId, viewer);
  for (const reference of [caseReference, byId?.reference, search?.trim()]) {
    const pseudonym = reference == null ? null : await casePseudonym(database, reference);
    if (pseudonym !== null) return pseudonym;
  }
  return undefined;
}

/** Without what may name a patient: the case has a pseudonym. */
function detailOf(
  { filter, format, moment }: Pick<ExportRequest, 'filter' | 'format' | 'moment'>,
  { rowCount }: HistoryMoment,
): string {
  const { caseReference, search, ...others } = filter;
  const conditions = Object.entries(others)
    .filter(([, value]) => value != null)
    .map(([name, value]) => `${name} ${value instanceof Date ? value.toISOString() : String(value)}`);
  if (caseReference != null) conditions.push('caseReference');
  if (search != null) conditions.push('search');
  const predictions =
    moment === null
      ? `${rowCount} ${rowCount === 1 ? 'prediction' : 'predictions'} as ${format}`
      : `Predictions as ${format}, continued`; // the count would be the client's
  return `${predictions}. Filter: ${conditions.length > 0 ? conditions.join(', ') : 'none'}`;
}
