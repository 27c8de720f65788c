import type { DatabaseOrTransaction } from '../../database/client.js';
import { casePseudonym } from '../audit/case-pseudonym.js';

/**
 * The names under which the cases of predictions are fitted: their pseudonyms, by case reference. A version carries hashes of the
 * names of its patients, and the pseudonym becomes anonymous when the case is erased. A case that was erased is missing.
 */
export async function patientsOfCases(
  database: DatabaseOrTransaction,
  caseReferences: Iterable<string>,
): Promise<Map<string, string>> {
  const patients = new Map<string, string>();
  for (const caseReference of new Set(caseReferences)) {
    const pseudonym = await casePseudonym(database, caseReference);
    if (pseudonym !== null) patients.set(caseReference, pseudonym);
  }
  return patients;
}
