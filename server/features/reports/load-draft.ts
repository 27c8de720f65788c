import type { DatabaseOrTransaction } from '../../database/client.js';

/** What a person writes and chooses for a report. */
export interface DraftText {
  conclusion: string;
  /** Why fewer cells than the minimum are enough. */
  fewCellsReason: string;
  /** Ids of the predictions that support the conclusion, in the order of the report. */
  supportingIds: string[];
}

export interface Draft extends DraftText {
  caseId: string;
  /** Counts the changes; 0: nobody has written anything. */
  revision: number;
  updatedById: string | null;
  updatedAt: Date | null;
}

/** The drafts of these cases, which the caller must have found for the user. A case without one has an empty draft. */
export async function loadDrafts(
  database: DatabaseOrTransaction,
  caseIds: readonly string[],
): Promise<Map<string, Draft>> {
  const rows = await database.reportDraft.findMany({ where: { caseId: { in: [...caseIds] } } });
  const found = new Map(rows.map((row) => [row.caseId, row]));
  return new Map(caseIds.map((caseId) => [caseId, found.get(caseId) ?? emptyDraft(caseId)]));
}

/** The draft of one case. */
export async function loadDraft(database: DatabaseOrTransaction, caseId: string): Promise<Draft> {
  return (await loadDrafts(database, [caseId])).get(caseId) ?? emptyDraft(caseId);
}

function emptyDraft(caseId: string): Draft {
  return {
    ...{ caseId, revision: 0, conclusion: '', fewCellsReason: '', supportingIds: [] },
    ...{ updatedById: null, updatedAt: null },
  };
}
