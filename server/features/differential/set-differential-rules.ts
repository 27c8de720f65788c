import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { lockCases, workOnCase } from '../cases/change-case.js';

/** The numbers of white cells that a differential can need: the usual one, in leukaemia, and of a bone marrow. */
const MINIMUMS = [100, 200, 500];

export interface DifferentialRules {
  caseId: string;
  /** 100, 200 or 500. */
  minimumCells: number;
  countBandsSeparately: boolean;
}

/**
 * Sets how the cells of a case are counted in its differential.
 * User errors: NOT_FOUND; INVALID for another minimum than 100, 200 or 500; CONFLICT for a signed case.
 */
export async function setDifferentialRules(
  context: RequestContext,
  { caseId, minimumCells, countBandsSeparately }: DifferentialRules,
): Promise<void> {
  const viewer = authorise(context, 'review');
  requireId('case', caseId, ['input', 'caseId']);
  if (!MINIMUMS.includes(minimumCells)) {
    throw userError(
      UserErrorCode.INVALID,
      'A differential needs at least 100, 200 or 500 white cells. Choose one of these numbers.',
      ['input', 'minimumCells'],
    );
  }
  await context.database.$transaction(async (tx) => {
    const visible = await tx.case.findFirst({ where: { id: caseId, ...ofVisibleSites(viewer) } });
    const [found] = visible ? await lockCases(tx, [visible]) : [];
    if (!found) throw userError(UserErrorCode.NOT_FOUND, 'There is no such case.', ['input', 'caseId']);
    if (found.state === 'SIGNED') {
      throw userError(
        UserErrorCode.CONFLICT,
        'The case is signed, so the rules of its differential stay as they are.',
        ['input', 'caseId'],
      );
    }
    if (found.minimumCells === minimumCells && found.countBandsSeparately === countBandsSeparately) return;
    await tx.case.update({ where: { id: caseId }, data: { minimumCells, countBandsSeparately } });
    await workOnCase(tx, found, viewer.id);
    await recordAuditEvent(tx, context, {
      action: 'DIFFERENTIAL_RULES_SET',
      entityId: caseId,
      casePseudonym: (await casePseudonym(tx, found.reference)) ?? undefined,
      detail: `At least ${minimumCells} white cells. Band neutrophils are counted ${countBandsSeparately ? 'separately' : 'with segmented neutrophils'}.`,
    });
  });
}
