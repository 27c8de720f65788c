import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import { casePseudonym, knownCasePseudonym } from '../audit/case-pseudonym.js';
import type { KnownTrainingData } from './known-training-data.js';
import type { LabelledCell } from './settle-cells.js';

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

/** The training data, in which a case of these cells is also found by its pseudonym, the name of its patient in snapshots of reviews. */
export async function alsoByPseudonym(
  database: Database,
  { hasImage, hasGroup }: KnownTrainingData,
  cells: readonly LabelledCell[],
): Promise<KnownTrainingData> {
  const trained = new Set<string>();
  for (const caseReference of new Set(cells.flatMap(({ group }) => group ?? []))) {
    const pseudonym = await knownCasePseudonym(database, caseReference);
    if (hasGroup(caseReference) || (pseudonym !== null && hasGroup(pseudonym))) trained.add(caseReference);
  }
  return { hasImage, hasGroup: (name) => trained.has(name) };
}
