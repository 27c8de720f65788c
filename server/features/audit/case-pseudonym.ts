import { createHmac, randomBytes } from 'node:crypto';
import type { DatabaseOrTransaction } from '../../database/client.js';

/**
 * The name of a case in the audit trail: the first 16 bytes of HMAC-SHA-256 over the reference with the case's own random key, as
 * 32 hexadecimal digits. Makes the key where there is none yet. Once the key is deleted, nobody can tell which case it was, and
 * the same reference gets another pseudonym.
 */
export async function casePseudonym(database: DatabaseOrTransaction, caseReference: string): Promise<string> {
  await database.$executeRaw`
    INSERT INTO "CaseKey" ("caseReference", key) VALUES (${caseReference}, ${randomBytes(32)}) ON CONFLICT DO NOTHING`;
  const pseudonym = await knownCasePseudonym(database, caseReference);
  if (pseudonym === null) throw new Error('The key of the case was deleted at this moment.');
  return pseudonym;
}

/** The same; null where no event can name the case, because it has no key. */
export async function knownCasePseudonym(
  database: DatabaseOrTransaction,
  caseReference: string,
): Promise<string | null> {
  const row = await database.caseKey.findUnique({ where: { caseReference } });
  return row && createHmac('sha256', row.key).update(caseReference).digest('hex').slice(0, 32);
}
