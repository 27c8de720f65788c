import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { validComment } from '../../api/valid-comment.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { lockCases, refuseSigned, workOnCase } from './change-case.js';

export interface NewComment {
  caseId: string;
  comment: string | null;
  /** The comment that the user has seen; null: none. Undefined to replace any comment. */
  replaces?: string | null;
}

/**
 * Replaces the comment of a case. Null, or a text of white space, removes it. The audit trail records the change without the text, which may
 * name a patient.
 * User errors: NOT_FOUND; INVALID for a comment that is too long or not plain text; CONFLICT for a signed case, or if
 * the comment has changed since the user has seen it.
 */
export async function commentOnCase(
  context: RequestContext,
  { caseId, comment, replaces }: NewComment,
): Promise<void> {
  const viewer = authorise(context, 'review');
  requireId('case', caseId, ['input', 'caseId']);
  const valid = validComment(comment);
  await context.database.$transaction(async (tx) => {
    const visible = await tx.case.findFirst({ where: { id: caseId, ...ofVisibleSites(viewer) } });
    const [found] = visible ? await lockCases(tx, [visible]) : [];
    if (!found) throw userError(UserErrorCode.NOT_FOUND, 'There is no such case.', ['input', 'caseId']);
    refuseSigned([found], ['input', 'caseId']);
    if (found.comment === valid) return;
    if (replaces !== undefined && textOrNull(replaces) !== found.comment) {
      throw userError(
        UserErrorCode.CONFLICT,
        'Somebody else has changed the comment in the meantime. Read the new comment, and then change it.',
        ['input', 'replaces'],
      );
    }
    await tx.case.update({ where: { id: caseId }, data: { comment: valid } });
    await workOnCase(tx, found, viewer.id);
    await recordAuditEvent(tx, context, {
      action: 'CASE_COMMENTED',
      entityId: caseId,
      casePseudonym: (await casePseudonym(tx, found.reference)) ?? undefined,
      detail: valid === null ? 'The comment was removed.' : undefined,
    });
  });
}

/** A text without white space around it; null if nothing is left. */
function textOrNull(text: string | null): string | null {
  return text?.trim() || null;
}
