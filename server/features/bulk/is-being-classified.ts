import type { DatabaseOrTransaction } from '../../database/client.js';
import type { CaseIdentity } from '../case-identity/find-case-identity.js';

/** Whether a bulk classification of a case has not ended. */
export async function isBeingClassified(
  database: DatabaseOrTransaction,
  { reference, siteId }: CaseIdentity,
): Promise<boolean> {
  const unfinished = await database.bulkClassification.findFirst({
    where: { caseReference: reference, siteId, status: { in: ['QUEUED', 'RUNNING'] } },
    select: { id: true },
  });
  return unfinished !== null;
}
