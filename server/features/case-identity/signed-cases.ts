import type { Transaction } from '../../database/client.js';

/**
 * Those of the predictions that belong to a signed case. Locks the cases of all of them until the end of the transaction, so that a signature
 * waits. It then signs what it has read before it waited (ADR 69). The predictions must be locked before.
 */
export async function predictionsOfSignedCases(
  tx: Transaction,
  predictionIds: readonly string[],
): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ id: string; isSigned: boolean }[]>`
    SELECT p.id, c.state = 'SIGNED' AS "isSigned" FROM "Prediction" p
    JOIN "Case" c ON c.reference = p."caseReference" AND c."siteId" IS NOT DISTINCT FROM p."siteId"
    WHERE p.id = ANY(${[...predictionIds]}) ORDER BY c.reference, c."siteId" FOR SHARE OF c`;
  return new Set(rows.flatMap(({ id, isSigned }) => (isSigned ? id : [])));
}
