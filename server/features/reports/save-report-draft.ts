import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ALL_SITES, ofVisibleSites } from '../../api/visible-sites.js';
import type { Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { lockCases, workOnCase } from '../cases/change-case.js';
import type { CaseRow } from '../cases/load-cases.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import { type DraftText, loadDraft } from './load-draft.js';

/** Characters of a conclusion, which is about half a page. */
export const LONGEST_CONCLUSION = 4_000;
export const LONGEST_REASON = 500;
/** Cells that support a conclusion: two rows of a page. */
export const MOST_SUPPORTING_CELLS = 12;

export interface NewDraft extends DraftText {
  caseId: string;
  /** The revision of the draft that the user has seen; 0: none. */
  revision: number;
}

/**
 * Saves what a person writes and chooses for the next report of a case, also of a signed one, whose next report amends the last.
 * User errors: NOT_FOUND; INVALID for a text that is too long or not plain text, for too many cells, and for a cell that does not belong to the
 * case; CONFLICT if the draft has changed since the user has seen it.
 */
export async function saveReportDraft(context: RequestContext, draft: NewDraft): Promise<void> {
  const viewer = authorise(context, 'review');
  const { caseId, revision } = draft;
  requireId('case', caseId, ['input', 'caseId']);
  const text = {
    conclusion: validText(draft.conclusion, 'A conclusion', LONGEST_CONCLUSION, 'conclusion'),
    fewCellsReason: validText(draft.fewCellsReason, 'A reason', LONGEST_REASON, 'fewCellsReason'),
    supportingIds: validIds(draft.supportingIds),
  };
  await context.database.$transaction(async (tx) => {
    const visible = await tx.case.findFirst({ where: { id: caseId, ...ofVisibleSites(viewer) } });
    const [found] = visible ? await lockCases(tx, [visible]) : [];
    if (!found) throw userError(UserErrorCode.NOT_FOUND, 'There is no such case.', ['input', 'caseId']);
    await requireCellsOf(found, tx, text.supportingIds);
    const before = await loadDraft(tx, caseId);
    if (saysTheSame(before, text)) return; // also a text that was saved and whose answer was lost
    if (before.revision !== revision) {
      throw userError(
        UserErrorCode.CONFLICT,
        'Somebody else has changed the report since you opened it. Read the new text, and then change it.',
        ['input', 'revision'],
      );
    }
    const data = {
      ...{ ...text, revision: revision + 1, updatedById: viewer.id },
      updatedAt: await databaseTime(tx),
    };
    await tx.reportDraft.upsert({ where: { caseId }, create: { caseId, ...data }, update: data });
    await workOnCase(tx, found, viewer.id);
    if (before.updatedById !== viewer.id || isLongAgo(before.updatedAt, data.updatedAt)) {
      await recordAuditEvent(tx, context, {
        action: 'REPORT_WRITTEN',
        entityId: caseId,
        casePseudonym: (await casePseudonym(tx, found.reference)) ?? undefined,
      });
    }
  });
}

/** A text is saved as it is written. Changes of one user within this time are one event of the audit trail. */
const ONE_EVENT_MS = 3_600_000;

function isLongAgo(before: Date | null, now: Date): boolean {
  return before === null || now.getTime() - before.getTime() > ONE_EVENT_MS;
}

function saysTheSame(one: DraftText, other: DraftText): boolean {
  return (
    one.conclusion === other.conclusion &&
    one.fewCellsReason === other.fewCellsReason &&
    one.supportingIds.join() === other.supportingIds.join()
  );
}

function validText(text: string, what: string, longest: number, name: string): string {
  const field = ['input', name];
  const trimmed = text.trim();
  if (trimmed.length > longest) {
    throw userError(
      UserErrorCode.INVALID,
      `${what} has at most ${longest.toLocaleString('en')} characters; this one has ${trimmed.length.toLocaleString('en')}.`,
      field,
    );
  }
  return plainText(trimmed, what, field);
}

const CELLS = ['input', 'supportingPredictionIds'];

function validIds(ids: readonly string[]): string[] {
  const different = [...new Set(ids)];
  if (different.length > MOST_SUPPORTING_CELLS) {
    throw userError(
      UserErrorCode.INVALID,
      `A report shows at most ${MOST_SUPPORTING_CELLS} cells, not ${different.length}.`,
      CELLS,
    );
  }
  for (const id of different) requireId('pred', id, CELLS);
  return different;
}

async function requireCellsOf(of: CaseRow, tx: Transaction, ids: readonly string[]): Promise<void> {
  const found = await loadPredictions(tx, ids, ALL_SITES);
  const isOf = (id: string) =>
    found.get(id)?.caseReference === of.reference && found.get(id)?.siteId === of.siteId;
  if (ids.every(isOf)) return;
  throw userError(UserErrorCode.INVALID, 'Choose only cells of this case.', CELLS);
}
