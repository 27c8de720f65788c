import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Transaction } from '../../database/client.js';
import type { CaseIdentity } from '../case-identity/find-case-identity.js';
import { type CaseRow, caseColumns } from './load-cases.js';

/**
 * Locks the cases until the end of the transaction, so that nobody else signs, changes or erases them, and returns those that
 * exist, in the order of reference and site. Images can still be classified. Predictions that the transaction changes must be locked before.
 */
export async function lockCases(tx: Transaction, cases: readonly CaseIdentity[]): Promise<CaseRow[]> {
  return tx.$queryRaw<CaseRow[]>`
    SELECT ${caseColumns} FROM "Case" c
    WHERE EXISTS (
      SELECT FROM json_to_recordset(${JSON.stringify(cases)}::json) AS given (reference text, "siteId" text)
      WHERE given.reference = c.reference AND given."siteId" IS NOT DISTINCT FROM c."siteId")
    ORDER BY c.reference, c."siteId" FOR NO KEY UPDATE`;
}

/** Creates the case unless it exists. */
export async function createCase(tx: Transaction, { reference, siteId }: CaseIdentity): Promise<void> {
  await tx.$executeRaw`SELECT work_on_case(${reference}::text, ${siteId}::text, NULL)`;
}

/**
 * Records that the user worked on the case. The case must be locked, and several cases must be in the order of {@link lockCases}, so that
 * transactions cannot deadlock.
 */
export async function workOnCase(
  tx: Transaction,
  { reference, siteId }: CaseIdentity,
  userId: string,
): Promise<void> {
  await tx.$executeRaw`SELECT work_on_case(${reference}::text, ${siteId}::text, ${userId}::text)`;
}

/** Throws the user error CONFLICT if a case is signed. */
export function refuseSigned(cases: readonly CaseRow[], field: string[]): void {
  if (!cases.some(({ state }) => state === 'SIGNED')) return;
  throw userError(
    UserErrorCode.CONFLICT,
    'The case is signed, so its comment and its images stay as they are.',
    field,
  );
}
