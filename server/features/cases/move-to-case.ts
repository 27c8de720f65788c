import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import type { Transaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import type { CaseIdentity } from '../case-identity/find-case-identity.js';
import { validCaseReference } from '../predictions/case-reference.js';
import { lockCases, refuseSigned, workOnCase } from './change-case.js';

/** Predictions of one request. */
export const MOST_MOVED = 500;
/** Predictions that one request changes, with all cells of their fields: a second of work for Postgres. */
const MOST_CELLS = 5_000;
/** Ids that an audit event lists. */
const MOST_LISTED = 100;
const TIMEOUT_MS = 60_000;
const FIELD = ['input', 'predictionIds'];

interface MovedRow extends CaseIdentityOfImage {
  id: string;
  fieldId: string | null;
}

interface CaseIdentityOfImage {
  caseReference: string | null;
  siteId: string | null;
}

/**
 * Moves predictions to the case with a reference, at the site of each: from another case, or from none. A field moves with all of its cells.
 * The case is created unless it exists. Predictions that belong to it already stay as they are.
 * User errors: NOT_FOUND for a prediction that the user does not see; INVALID for too many predictions, or a reference that is empty, too long
 * or not plain text; CONFLICT if the case, or one that a prediction leaves, is signed.
 */
export async function moveToCase(
  context: RequestContext,
  { predictionIds, caseReference }: { predictionIds: readonly string[]; caseReference: string },
): Promise<void> {
  const viewer = authorise(context, 'review');
  const ids = validIds(predictionIds);
  const reference = validCaseReference(caseReference);
  if (reference === null)
    throw userError(UserErrorCode.INVALID, 'Give the reference of the case.', ['input', 'caseReference']);
  await context.database.$transaction(
    async (tx) => {
      const rows = await lockImages(tx, viewer, ids);
      const moved = rows.filter((row) => row.caseReference !== reference);
      if (moved.length > 0) await move(tx, context, viewer, moved, reference);
    },
    { timeout: TIMEOUT_MS },
  );
}

function validIds(predictionIds: readonly string[]): string[] {
  const ids = [...new Set(predictionIds)];
  if (ids.length === 0 || ids.length > MOST_MOVED)
    throw userError(UserErrorCode.INVALID, `Give 1 to ${MOST_MOVED} predictions, not ${ids.length}.`, FIELD);
  for (const id of ids) requireId('pred', id, FIELD);
  return ids;
}

/** Locks the predictions and, for those of fields, the fields and all of their cells, in the order in which an erasure locks them. */
async function lockImages(tx: Transaction, viewer: Viewer, ids: readonly string[]): Promise<MovedRow[]> {
  const isVisible = isOfVisibleSites(viewer, Prisma.sql`p."siteId"`);
  const fields = await tx.$queryRaw<{ id: string }[]>`
    SELECT f.id FROM "Field" f WHERE f.id IN (SELECT p."fieldId" FROM "Prediction" p WHERE p.id = ANY(${ids}) AND ${isVisible})
    ORDER BY f.id FOR UPDATE`;
  const rows = await tx.$queryRaw<MovedRow[]>`
    SELECT p.id, p."fieldId", p."caseReference", p."siteId" FROM "Prediction" p
    WHERE (p.id = ANY(${ids}) OR p."fieldId" = ANY(${fields.map(({ id }) => id)})) AND ${isVisible}
    ORDER BY p.id LIMIT ${MOST_CELLS + 1} FOR UPDATE`;
  if (rows.length > MOST_CELLS)
    throw userError(
      UserErrorCode.INVALID,
      `The fields of these predictions have more than ${MOST_CELLS} cells. Move fewer of them at once.`,
      FIELD,
    );
  const found = new Set(rows.map(({ id }) => id));
  if (!ids.every((id) => found.has(id)))
    throw userError(UserErrorCode.NOT_FOUND, 'At least one of these predictions does not exist.', FIELD);
  return rows;
}

async function move(
  tx: Transaction,
  context: RequestContext,
  viewer: Viewer,
  moved: readonly MovedRow[],
  reference: string,
): Promise<void> {
  const targets = identitiesOf(moved.map(({ siteId }) => ({ reference, siteId })));
  const sources = identitiesOf(
    moved.flatMap(({ caseReference, siteId }) =>
      caseReference === null ? [] : [{ reference: caseReference, siteId }],
    ),
  );
  for (const target of targets) await workOnCase(tx, target, viewer.id);
  refuseSigned(await lockCases(tx, [...targets, ...sources]), FIELD);

  const moveId = newId('aud');
  const ids = moved.map(({ id }) => id);
  const to = (await casePseudonym(tx, reference)) ?? undefined;
  await recordAuditEvent(tx, context, {
    ...{
      id: moveId,
      action: 'IMAGES_MOVED',
      casePseudonym: to,
      entityId: ids.length === 1 ? ids[0] : undefined,
    },
    detail: `Moved to this case: ${listOf(ids)}.`,
  });
  for (const source of sources) {
    await workOnCase(tx, source, viewer.id);
    const ofSource = moved.filter(
      ({ caseReference, siteId }) => caseReference === source.reference && siteId === source.siteId,
    );
    await recordAuditEvent(tx, context, {
      ...{ action: 'IMAGES_MOVED', casePseudonym: (await casePseudonym(tx, source.reference)) ?? undefined },
      detail: `Moved to the case ${to ?? ''}: ${listOf(ofSource.map(({ id }) => id))}.`,
    });
  }
  await tx.$queryRaw`SELECT set_config('cytograph.move', ${moveId}, true)`;
  const fieldIds = moved.flatMap(({ fieldId }) => fieldId ?? []);
  await tx.$executeRaw`
    UPDATE "Field" SET "caseReference" = ${reference} WHERE id = ANY(${fieldIds}) AND "caseReference" IS DISTINCT FROM ${reference}`;
  await tx.$executeRaw`UPDATE "Prediction" SET "caseReference" = ${reference} WHERE id = ANY(${ids})`;
}

/** Each pair of a reference and a site once, in the order in which cases are locked. */
function identitiesOf(cases: readonly CaseIdentity[]): CaseIdentity[] {
  const byKey = new Map(cases.map((each) => [JSON.stringify([each.reference, each.siteId]), each]));
  return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, each]) => each);
}

function listOf(ids: readonly string[]): string {
  const more = ids.length > MOST_LISTED ? `, and ${ids.length - MOST_LISTED} more` : '';
  return `${ids.slice(0, MOST_LISTED).join(', ')}${more}`;
}
