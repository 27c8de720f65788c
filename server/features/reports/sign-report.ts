import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import type { Transaction } from '../../database/client.js';
import { databaseTime } from '../../database/clock.js';
import { newId } from '../../database/ids.js';
import { isConflict } from '../../database/is-conflict.js';
import { useFreshSignIn } from '../accounts/oidc/use-fresh-sign-in.js';
import { proveOwnPassword } from '../accounts/prove-own-password.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { workOnCase } from '../cases/change-case.js';
import { listCells } from './cells-of-case.js';
import { currentReport } from './current-report.js';
import { canonicalForm, type SignedReport } from './report-content.js';

export interface Signature {
  caseId: string;
  /** The signer's own password, which is needed again. Without one: the signer has just signed in again with the identity provider. */
  password?: string | null | undefined;
  /** The digest of the report that the signer has read: `ReportDraft.digest`. */
  digest: string;
}

const FIELD = ['input', 'caseId'];
const PASSWORD_FIELD = ['input', 'password'];

/**
 * Signs the report of a case: stores all that it says as canonical JSON with its SHA-256, and marks the case as signed. A case that was signed
 * before gets an amended report; the reports before it stay. Returns the id of the report.
 *
 * The transaction sees one moment, so that what is signed is exactly what the signer has read. A review that is added at the same time is not in the
 * report, and the case then shows that it has changed since the signature.
 *
 * User errors: NOT_FOUND; INVALID for a wrong password, or without one and without a fresh sign-in; FORBIDDEN after too many wrong ones; CONFLICT for a password of a user who has none, if
 * something prevents signing, or if the report has changed since the signer has read it.
 */
export async function signReport(context: RequestContext, signature: Signature): Promise<string> {
  const viewer = authorise(context, 'sign reports');
  const { caseId, password } = signature;
  requireId('case', caseId, FIELD);
  const visible = await context.database.case.count({ where: { id: caseId, ...ofVisibleSites(viewer) } });
  if (visible === 0) throw noSuchCase();
  if (password != null) {
    const action = AuditAction.REPORT_SIGNED;
    await proveOwnPassword(context, viewer, { password, field: PASSWORD_FIELD, action });
  }
  try {
    return await context.database.$transaction((tx) => signIn(tx, context, viewer, signature), {
      isolationLevel: 'RepeatableRead',
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw changed();
  }
}

async function signIn(
  tx: Transaction,
  context: RequestContext,
  viewer: Viewer,
  { caseId, digest, password }: Signature,
): Promise<string> {
  // First, so that of two signatures at the same moment one fails, also if the case is signed already.
  const [of] = await tx.case.updateManyAndReturn({
    where: { id: caseId, ...ofVisibleSites(viewer) },
    data: { state: 'SIGNED' },
    omit: { searchText: true },
  });
  if (!of) throw noSuchCase();
  const current = await currentReport(tx, of);
  const { content: read, newest, obstacles } = current;
  if (current.digest !== digest) throw changed();
  if (obstacles.length > 0) throw userError(UserErrorCode.CONFLICT, obstacles.join(' '), FIELD);
  if (password == null) await useFreshSignIn(tx, viewer, PASSWORD_FIELD);

  const signedAt = await databaseTime(tx);
  const report: SignedReport = {
    ...read,
    version: (newest?.row.version ?? 0) + 1,
    amends: newest?.row.digest ?? null,
    signedBy: { id: viewer.id, name: viewer.displayName },
    signedAt: signedAt.toISOString(),
    cellList: await listCells(tx, of),
  };
  const { text: content, digest: signedDigest } = canonicalForm(report);
  const { id } = await tx.report.create({
    data: {
      ...{ id: newId('rep'), caseId, version: report.version, content, digest: signedDigest },
      ...{ signedById: viewer.id, signedAt },
    },
    select: { id: true },
  });
  await workOnCase(tx, of, viewer.id);
  await recordAuditEvent(tx, context, {
    action: AuditAction.REPORT_SIGNED,
    entityId: id,
    casePseudonym: (await casePseudonym(tx, of.reference)) ?? undefined,
    detail: `Case ${caseId}, version ${report.version}, SHA-256 ${signedDigest}`,
  });
  return id;
}

function noSuchCase() {
  return userError(UserErrorCode.NOT_FOUND, 'There is no such case.', FIELD);
}

function changed() {
  return userError(
    UserErrorCode.CONFLICT,
    'The case or its report has changed since you read it. Read the report again, and then sign it.',
    ['input', 'digest'],
  );
}
