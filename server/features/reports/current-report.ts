import type { SiteLimits } from '../../api/visible-sites.js';
import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import { type CaseRow, loadCases } from '../cases/load-cases.js';
import { compileReport } from './compile-report.js';
import { type Draft, loadDraft } from './load-draft.js';
import { loadNewestReport, type ReportRow } from './load-reports.js';
import { changesBetween } from './report-changes.js';
import { canonicalForm, type ReportContent, type SignedReport } from './report-content.js';
import { signingObstacles } from './signing-obstacles.js';

/** The report of a case as it would be signed now, beside what was signed before. */
export interface CurrentReport {
  draft: Draft;
  content: ReportContent;
  /** SHA-256 of the content's canonical JSON, by which a signer names what they have read. */
  digest: string;
  /** The newest signed report. */
  newest: { row: ReportRow; report: SignedReport } | null;
  /** What has changed since the newest signature, in sentences. */
  changes: string[];
  /** What prevents signing, in sentences. */
  obstacles: string[];
}

/**
 * The report of a case, which the caller must have found for the user. In a transaction that sees one moment, all of it is of that moment.
 */
export async function currentReport(database: DatabaseOrTransaction, of: CaseRow): Promise<CurrentReport> {
  const draft = await loadDraft(database, of.id);
  const { content, toReview } = await compileReport(database, of, draft);
  const newest = await loadNewestReport(database, of.id);
  const changes = newest ? changesBetween(newest.report, content) : [];
  const obstacles = await signingObstacles(database, of, content, toReview);
  if (newest && changes.length === 0)
    obstacles.push(`Nothing has changed since version ${newest.row.version} of the report was signed.`);
  return { draft, content, digest: canonicalForm(content).digest, newest, changes, obstacles };
}

/** The reports of the cases with these ids, of the sites that the user sees. */
export async function loadCurrentReports(
  database: Database,
  caseIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, CurrentReport>> {
  const reports = new Map<string, CurrentReport>();
  for (const [id, of] of await loadCases(database, caseIds, limits)) {
    reports.set(id, await currentReport(database, of));
  }
  return reports;
}
