import type { DatabaseOrTransaction } from '../../database/client.js';
import { PSEUDONYM, pseudonymOf } from './case-pseudonym.js';

/** Rows of "CaseKey" read in one statement. */
const PAGE = 10_000;

/**
 * The other name of patients that have one: a case reference and the pseudonym of the case name the same patient. Snapshots of folders and
 * predictions usually have the case reference; snapshots of reviews, and fits to reviews, have the pseudonym. Other names, and the
 * pseudonyms of erased cases, are absent.
 */
export async function otherPatientNames(
  database: DatabaseOrTransaction,
  names: Iterable<string>,
): Promise<Map<string, string>> {
  const given = new Set(names);
  const cases = await database.$queryRaw<CaseKey[]>`
    SELECT "caseReference", key FROM "CaseKey" WHERE "caseReference" = ANY(${[...given]})`;
  const others = new Map(cases.map((of) => [of.caseReference, pseudonymOf(of)]));
  const pseudonym = new RegExp(PSEUDONYM);
  const pseudonyms = new Set([...given].filter((name) => pseudonym.test(name)));
  for (let after = ''; pseudonyms.size > 0;) {
    const page = await database.$queryRaw<CaseKey[]>`
      SELECT "caseReference", key FROM "CaseKey" WHERE "caseReference" > ${after}
      ORDER BY "caseReference" LIMIT ${PAGE}`;
    for (const of of page) {
      const name = pseudonymOf(of);
      if (pseudonyms.delete(name)) others.set(name, of.caseReference);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) break;
    after = last.caseReference;
  }
  return others;
}

interface CaseKey {
  caseReference: string;
  key: Uint8Array;
}
