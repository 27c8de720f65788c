import { createHmac, randomBytes } from 'node:crypto';
import type { DatabaseOrTransaction, Transaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';

/** The form of a pseudonym, as a regular expression for JavaScript and Postgres. */
export const PSEUDONYM = '^[0-9a-f]{32}$';

/**
 * The name of a case in the audit trail: the first 16 bytes of HMAC-SHA-256 over the reference with the case's own random key, as
 * 32 hexadecimal digits. Makes the key where there is none yet. Once the key is deleted, nobody can tell which case it was, and
 * the same reference gets another pseudonym.
 * @returns null where no case has this reference: a reference that was only searched for, or was erased, is not kept
 */
export async function casePseudonym(
  database: DatabaseOrTransaction,
  caseReference: string,
): Promise<string | null> {
  await database.$executeRaw`
    INSERT INTO "CaseKey" ("caseReference", key)
    SELECT ${caseReference}, ${randomBytes(32)} WHERE ${exists(caseReference)}
    ON CONFLICT DO NOTHING`;
  // If the case was erased while the statement waited for that, the key is new and must go.
  await database.$executeRaw`
    DELETE FROM "CaseKey" WHERE "caseReference" = ${caseReference} AND NOT ${exists(caseReference)}`;
  return knownCasePseudonym(database, caseReference);
}

function exists(caseReference: string): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT FROM "Case" WHERE reference = ${caseReference})`;
}

/** Deletes the key of a case: its pseudonym becomes anonymous. */
export async function eraseCaseKey(tx: Transaction, caseReference: string): Promise<void> {
  await tx.caseKey.deleteMany({ where: { caseReference } });
}

/** The pseudonym of a case that has a key; null where no event can name the case, because it has no key. */
export async function knownCasePseudonym(
  database: DatabaseOrTransaction,
  caseReference: string,
): Promise<string | null> {
  const row = await database.caseKey.findUnique({ where: { caseReference } });
  return row && pseudonymOf(row);
}

/** The pseudonym of a case by its key. */
export function pseudonymOf({ caseReference, key }: { caseReference: string; key: Uint8Array }): string {
  return createHmac('sha256', key).update(caseReference).digest('hex').slice(0, 32);
}
