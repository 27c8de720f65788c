import { ALL_SITES } from '../../api/visible-sites.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import { loadUsers } from '../accounts/load-users.js';
import { loadSites } from '../accounts/sites/load-sites.js';
import type { CaseRow } from '../cases/load-cases.js';
import { countDifferential } from '../differential/count-differential.js';
import type { CountedShare, Differential } from '../differential/types.js';
import { loadManifests, loadModels, loadModelVersions } from '../models/load-models.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import { loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import { cellsOfCase, contributorsOfCase } from './cells-of-case.js';
import type { DraftText } from './load-draft.js';
import { limitsOf } from './model-limits.js';
import { NOTICE, type ReportContent, type ReportedCell, type ReportedVersion } from './report-content.js';

/** What a report would say now, with what prevents signing it from being counted. */
export interface CompiledReport {
  content: ReportContent;
  /** The numbers of cells that need a review before signing. */
  toReview: Differential['toReview'];
}

/**
 * What the report of a case would say now. The caller must have found the case for the user. In a transaction that sees one moment, all
 * parts are of that moment.
 */
export async function compileReport(
  database: DatabaseOrTransaction,
  of: CaseRow,
  { conclusion, fewCellsReason, supportingIds }: DraftText,
): Promise<CompiledReport> {
  const differential = await countDifferential(database, of.id);
  if (!differential) throw new Error(`The case ${of.id} was erased while its report was compiled.`);
  const cells = await cellsOfCase(database, of);
  const { versions, reviewers } = await contributorsOfCase(database, of);
  const sites = of.siteId === null ? null : await loadSites(database, [of.siteId]);
  const supportingCells = await reportedCells(database, of, supportingIds);
  const users = await loadUsers(database, [...reviewers.keys()]);
  return {
    toReview: differential.toReview,
    content: {
      format: 'cytograph-report/1',
      notice: NOTICE,
      case: { id: of.id, reference: of.reference, site: sites?.get(of.siteId ?? '')?.name ?? null },
      differential: reportedDifferential(differential),
      conclusion,
      fewCellsReason,
      supportingCells,
      modelVersions: await reportedVersions(database, versions),
      reviewers: [...reviewers].map(([id, reviews]) => ({
        ...{ id, reviews },
        name: users.get(id)?.displayName ?? id,
      })),
      cells,
    },
  };
}

/** Only what a report says, so that later additions to the differential do not change what was signed. */
function reportedDifferential(counted: Differential): ReportContent['differential'] {
  const { whiteCells, minimumCells, countBandsSeparately, rows, blasts, blastsAndEquivalents } = counted;
  const { erythroblasts, erythroblastsPer100, smudgeCells, notCells, undecided, leftOut, repeats } = counted;
  const shareOf = ({ count, reviewed, share, lower, upper, isEstimate }: CountedShare) => ({
    ...{ count, reviewed, share, lower, upper, isEstimate },
  });
  return {
    ...{ whiteCells, minimumCells, countBandsSeparately, erythroblasts, erythroblastsPer100 },
    ...{ smudgeCells, notCells, undecided, leftOut, repeats },
    rows: rows.map((row) => ({ type: row.type, ...shareOf(row) })),
    blasts: shareOf(blasts),
    blastsAndEquivalents: shareOf(blastsAndEquivalents),
  };
}

/** The chosen cells that still belong to the case, in their order. */
async function reportedCells(
  database: DatabaseOrTransaction,
  of: CaseRow,
  ids: readonly string[],
): Promise<ReportedCell[]> {
  const predictions = await loadPredictions(database, ids, ALL_SITES); // those of another case are left out
  const reviews = await loadReviewsOfPredictions(database, ids);
  const chosen = ids.flatMap((id) => {
    const found = predictions.get(id);
    return found?.caseReference === of.reference && found.siteId === of.siteId ? [found] : [];
  });
  const versions = await loadModelVersions(database, [...new Set(chosen.map((cell) => cell.modelVersionId))]);
  const newest = chosen.map(({ id }) => reviews.get(id)?.at(-1));
  const users = await loadUsers(database, [...new Set(newest.flatMap((review) => review?.reviewerId ?? []))]);
  return chosen.map((cell, index) => {
    const review = newest[index];
    return {
      predictionId: cell.id,
      imageSha256: cell.imageSha256,
      region: cell.region,
      outcome: cell.outcome,
      positiveLabel: versions.get(cell.modelVersionId)?.positiveLabel ?? '',
      probability: cell.probabilities[1] ?? 0,
      cellType: cell.cellType,
      modelVersionId: cell.modelVersionId,
      review: review
        ? {
            ...{ id: review.id, verdict: review.verdict, label: review.label, cellType: review.cellType },
            reviewer: users.get(review.reviewerId)?.displayName ?? review.reviewerId,
          }
        : null,
    };
  });
}

/** The versions that answered, with the number of cells of each. */
async function reportedVersions(
  database: DatabaseOrTransaction,
  counts: ReadonlyMap<string, number>,
): Promise<ReportedVersion[]> {
  const ids = [...counts.keys()];
  const versions = await loadModelVersions(database, ids);
  const manifests = await loadManifests(database, ids);
  const models = await loadModels(database, [...new Set([...versions.values()].map((row) => row.modelId))]);
  return ids.flatMap((id) => {
    const [row, manifest] = [versions.get(id), manifests.get(id)];
    if (!row || !manifest) return [];
    const { version, digest, decisionThreshold, abstentionBand, positiveLabel, trainedElsewhere } = row;
    return [
      {
        ...{ id, model: models.get(row.modelId)?.name ?? '', version, digest, cells: counts.get(id) ?? 0 },
        ...{ decisionThreshold, abstentionBand, positiveLabel, limits: limitsOf(manifest, trainedElsewhere) },
      },
    ];
  });
}
