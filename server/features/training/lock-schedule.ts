import type { Transaction } from '../../database/client.js';
import { Prisma } from '../../database/generated/client.js';
import { scheduleRelations, type TrainingScheduleRow } from './load-schedules.js';

/** The schedule with this id, or the one whose tick ingests this snapshot, until the transaction ends nobody else's. */
export async function lockSchedule(
  tx: Transaction,
  by: { id: string } | { snapshotId: string },
): Promise<TrainingScheduleRow | null> {
  const condition = 'id' in by ? Prisma.sql`"id" = ${by.id}` : Prisma.sql`"snapshotId" = ${by.snapshotId}`;
  const [locked] = await tx.$queryRaw<{ id: string }[]>`
    SELECT "id" FROM "TrainingSchedule" WHERE ${condition} FOR UPDATE`;
  if (!locked) return null;
  return tx.trainingSchedule.findUnique({ where: { id: locked.id }, include: scheduleRelations });
}
