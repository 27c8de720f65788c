import { rowsByKey } from '../../api/batched.js';
import type { DatabaseOrTransaction } from '../../database/client.js';
import type { Prisma } from '../../database/generated/client.js';
import { SignedReport } from './report-content.js';

export type ReportRow = Prisma.ReportGetPayload<object>;

/** The signed reports of each case, which the caller must have found for the user, newest first. */
export async function loadReportsOfCases(
  database: DatabaseOrTransaction,
  caseIds: readonly string[],
): Promise<Map<string, ReportRow[]>> {
  const rows = await database.report.findMany({
    where: { caseId: { in: [...caseIds] } },
    orderBy: { version: 'desc' },
  });
  return rowsByKey(rows, ({ caseId }) => caseId);
}

/** The newest signed report of a case; null if it was never signed. */
export async function loadNewestReport(
  database: DatabaseOrTransaction,
  caseId: string,
): Promise<{ row: ReportRow; report: SignedReport } | null> {
  const row = await database.report.findFirst({ where: { caseId }, orderBy: { version: 'desc' } });
  return row && { row, report: signedContentOf(row) };
}

/** What was signed. */
export function signedContentOf({ content }: Pick<ReportRow, 'content'>): SignedReport {
  return SignedReport.parse(JSON.parse(content));
}
