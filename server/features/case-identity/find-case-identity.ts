import { ofVisibleSites, type SiteLimits } from '../../api/visible-sites.js';
import type { DatabaseOrTransaction } from '../../database/client.js';

/** What all predictions, fields and bulk classifications of a case have in common, and no others. */
export interface CaseIdentity {
  reference: string;
  /** Null: without a site. */
  siteId: string | null;
}

/** The reference and site of a case of the sites that the user sees; null if there is none. */
export function findCaseIdentity(
  database: DatabaseOrTransaction,
  caseId: string,
  limits: SiteLimits,
): Promise<CaseIdentity | null> {
  return database.case.findFirst({
    where: { id: caseId, ...ofVisibleSites(limits) },
    select: { reference: true, siteId: true },
  });
}
