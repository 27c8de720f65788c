import { requireId } from '../../api/argument-rules.js';
import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ofVisibleSites } from '../../api/visible-sites.js';
import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import type { Transaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { publish } from '../../database/events.js';
import { newId } from '../../database/ids.js';
import { casePseudonym } from '../audit/case-pseudonym.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { loadBulkIdsOfPredictions } from '../bulk-items/load-bulk-ids.js';
import type { CaseIdentity } from '../case-identity/find-case-identity.js';
import { validCaseReference } from '../predictions/case-reference.js';
import { createCase, lockCases, refuseSigned, workOnCase } from './change-case.js';

/** Predictions of one request. */
export const MOST_MOVED = 500;
/** Predictions that one request changes, with all cells of their fields: a second of work for Postgres. */
const MOST_CELLS = 5_000;
/** Ids that an audit event lists. */
const MOST_LISTED = 100;
const TIMEOUT_MS = 60_000;
const FIELD = ['input', 'predictionIds'];
/** Whether "Field" f has a cell. */
const hasCells = Prisma.sql`EXISTS (SELECT FROM "Prediction" cell WHERE cell."fieldId" = f.id)`;

interface MovedRow extends CaseIdentityOfImage {
  id: string;
  fieldId: string | null;
}

interface CaseIdentityOfImage {
  caseReference: string | null;
  siteId: string | null;
}

/** What a move locks, in the order of the locks. */
interface LockedImages {
  /** The ids of the bulk classifications that made the predictions. */
  bulkIds: string[];
  /** The ids of the fields of these bulk classifications in which no cell was found. */
  emptyFieldIds: string[];
  /** The predictions, with all cells of their fields. */
  rows: MovedRow[];
}

/**
 * Moves predictions to the case with a reference, at the site of each: from another case, or from none. A field moves with all of its cells,
 * and a bulk classification with the last prediction of its case. The case is created unless it exists. Predictions that belong to it already
 * stay as they are.
 * User errors: NOT_FOUND for a prediction that the user does not see; INVALID for too many predictions, or a reference that is empty, too long
 * or not plain text; CONFLICT if the case, or one that a prediction leaves, is signed, and while a bulk classification of a prediction runs.
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
      const locked = await lockImages(tx, viewer, ids);
      const moved = locked.rows.filter((row) => row.caseReference !== reference);
      if (moved.length > 0) await move(tx, context, viewer, { ...locked, rows: moved }, reference);
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

/**
 * Locks the predictions, the bulk classifications that made them and, for those of fields, the fields and all of their cells, in the order in
 * which an erasure locks them.
 */
async function lockImages(tx: Transaction, viewer: Viewer, ids: readonly string[]): Promise<LockedImages> {
  const isVisible = isOfVisibleSites(viewer, Prisma.sql`p."siteId"`);
  const bulkIds = await lockBulkClassifications(tx, viewer, ids);
  const fields = await tx.$queryRaw<{ id: string; isEmpty: boolean }[]>`
    SELECT f.id, NOT ${hasCells} AS "isEmpty" FROM "Field" f
    WHERE f.id IN (SELECT p."fieldId" FROM "Prediction" p WHERE p.id = ANY(${ids}) AND ${isVisible})
      OR (f.id IN (SELECT i."fieldId" FROM "BulkItem" i WHERE i."bulkId" = ANY(${bulkIds})) AND NOT ${hasCells})
    ORDER BY f.id FOR UPDATE`;
  const idsOf = (isEmpty: boolean) => fields.flatMap((field) => (field.isEmpty === isEmpty ? field.id : []));
  const rows = await tx.$queryRaw<MovedRow[]>`
    SELECT p.id, p."fieldId", p."caseReference", p."siteId" FROM "Prediction" p
    WHERE (p.id = ANY(${ids}) OR p."fieldId" = ANY(${idsOf(false)})) AND ${isVisible}
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
  return { bulkIds, emptyFieldIds: idsOf(true), rows };
}

/**
 * Locks the bulk classifications that made the predictions, so that none of them is continued, and returns their ids. Throws the user error
 * CONFLICT for one that has not ended: it would classify further images into the case that the predictions leave.
 */
async function lockBulkClassifications(
  tx: Transaction,
  viewer: Viewer,
  ids: readonly string[],
): Promise<string[]> {
  const found = await tx.prediction.findMany({
    where: { id: { in: [...ids] }, ...ofVisibleSites(viewer) },
    select: { id: true },
  });
  const bulkOf = await loadBulkIdsOfPredictions(
    tx,
    found.map(({ id }) => id),
  );
  const locked = await tx.$queryRaw<{ id: string; isUnfinished: boolean }[]>`
    SELECT id, status IN ('QUEUED', 'RUNNING') AS "isUnfinished" FROM "BulkClassification"
    WHERE id = ANY(${[...new Set(bulkOf.values())]}) ORDER BY id FOR UPDATE`;
  const unfinished = locked.flatMap(({ id, isUnfinished }) => (isUnfinished ? id : []));
  if (unfinished.length === 0) return locked.map(({ id }) => id);
  throw userError(
    UserErrorCode.CONFLICT,
    `A bulk classification of these predictions has not ended (${unfinished.join(', ')}). Wait for it, or cancel it, first.`,
    FIELD,
  );
}

async function move(
  tx: Transaction,
  context: RequestContext,
  viewer: Viewer,
  { bulkIds, emptyFieldIds, rows }: LockedImages,
  reference: string,
): Promise<void> {
  const ids = rows.map(({ id }) => id);
  const bulks = await bulkClassificationsToMove(tx, bulkIds, rows, reference);
  const moved = [...bulks, ...rows];
  const targets = identitiesOf(rows.map(({ siteId }) => ({ reference, siteId })));
  const sources = identitiesOf(
    moved.flatMap(({ caseReference, siteId }) =>
      caseReference === null ? [] : [{ reference: caseReference, siteId }],
    ),
  );
  for (const target of targets) await createCase(tx, target);
  const cases = await lockCases(tx, [...targets, ...sources]);
  refuseSigned(cases, FIELD);
  for (const each of cases) await workOnCase(tx, each, viewer.id);

  const moveId = newId('aud');
  const to = (await casePseudonym(tx, reference)) ?? undefined;
  await recordAuditEvent(tx, context, {
    ...{
      id: moveId,
      action: 'IMAGES_MOVED',
      casePseudonym: to,
      entityId: ids.length === 1 ? ids[0] : undefined,
    },
    detail: `Moved to this case: ${listOf(moved.map(({ id }) => id))}.`,
  });
  for (const source of sources) {
    const ofSource = moved.filter(
      ({ caseReference, siteId }) => caseReference === source.reference && siteId === source.siteId,
    );
    await recordAuditEvent(tx, context, {
      ...{ action: 'IMAGES_MOVED', casePseudonym: (await casePseudonym(tx, source.reference)) ?? undefined },
      detail: `Moved to the case ${to ?? ''}: ${listOf(ofSource.map(({ id }) => id))}.`,
    });
  }
  await tx.$queryRaw`SELECT set_config('cytograph.move', ${moveId}, true)`;
  for (const { id, caseReference } of bulks) {
    await tx.$executeRaw`
      UPDATE "Field" f SET "caseReference" = ${reference}
      WHERE f.id = ANY(${emptyFieldIds}) AND f."caseReference" IS NOT DISTINCT FROM ${caseReference} AND NOT ${hasCells}
        AND f.id IN (SELECT i."fieldId" FROM "BulkItem" i WHERE i."bulkId" = ${id})`;
    await tx.$executeRaw`UPDATE "BulkClassification" SET "caseReference" = ${reference} WHERE id = ${id}`;
    await publish(tx, { type: 'bulk-classification-changed', id });
  }
  const fieldIds = rows.flatMap(({ fieldId }) => fieldId ?? []);
  await tx.$executeRaw`
    UPDATE "Field" SET "caseReference" = ${reference} WHERE id = ANY(${fieldIds}) AND "caseReference" IS DISTINCT FROM ${reference}`;
  await tx.$executeRaw`UPDATE "Prediction" SET "caseReference" = ${reference} WHERE id = ANY(${ids})`;
}

/** The bulk classifications that no prediction of their case would be left of, so that they belong to the case of the last ones. */
async function bulkClassificationsToMove(
  tx: Transaction,
  bulkIds: readonly string[],
  rows: readonly MovedRow[],
  reference: string,
): Promise<({ id: string } & CaseIdentityOfImage)[]> {
  return tx.$queryRaw`
    SELECT b.id, b."caseReference", b."siteId" FROM "BulkClassification" b
    WHERE b.id = ANY(${bulkIds}) AND b."caseReference" IS DISTINCT FROM ${reference} AND NOT EXISTS (
      SELECT FROM "BulkItem" i JOIN "Prediction" p ON p.id = i."predictionId"
      WHERE i."bulkId" = b.id AND p."caseReference" IS NOT DISTINCT FROM b."caseReference" AND NOT p.id = ANY(${rows.map(({ id }) => id)}))
    AND NOT EXISTS (
      SELECT FROM "BulkItem" i JOIN "Field" f ON f.id = i."fieldId"
      WHERE i."bulkId" = b.id AND f."caseReference" IS NOT DISTINCT FROM b."caseReference" AND ${hasCells}
        AND NOT f.id = ANY(${rows.flatMap(({ fieldId }) => fieldId ?? [])}))
    ORDER BY b.id`;
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
