import type { Transaction } from '../../database/client.js';

/**
 * Those of the predictions that belong to a signed case. Locks the cases of all of them until the end of the transaction, so that a signature
 * waits. The predictions must be locked before.
 */
export async function predictionsOfSignedCases(
  tx: Transaction,
  predictionIds: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ id: string; isSigned: boolean }[]>`
    SELECT p.id, c.state = 'SIGNED' AS "isSigned" FROM "Prediction" p
    JOIN "Case" c ON c.reference = p."caseReference" AND c."siteId" IS NOT DISTINCT FROM p."siteId"
    WHERE p.id = ANY(${[...predictionIds]}) ORDER BY c.reference, c."siteId" FOR NO KEY UPDATE OF c`;
  return new Set(rows.flatMap(({ id, isSigned }) => (isSigned ? id : [])));
}

/**
 * Makes a signature that waits for the cases of these predictions fail. It has read them before it waited, so it would sign what this transaction
 * changes. {@link predictionsOfSignedCases} must have locked the cases.
 */
export async function endWaitingSignatures(tx: Transaction, predictionIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Case" AS c SET state = c.state FROM "Prediction" p
    WHERE p.id = ANY(${[...predictionIds]}) AND c.reference = p."caseReference" AND c."siteId" IS NOT DISTINCT FROM p."siteId"`;
}
