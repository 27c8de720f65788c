import type { DatabaseOrTransaction } from '../../database/client.js';

/** Whether a bulk classification of a case has not ended. */
export async function isBeingClassified(
  database: DatabaseOrTransaction,
  { reference, siteId }: { reference: string; siteId: string | null },
): Promise<boolean> {
  const unfinished = await database.bulkClassification.findFirst({
    where: { caseReference: reference, siteId, status: { in: ['QUEUED', 'RUNNING'] } },
    select: { id: true },
  });
  return unfinished !== null;
}
