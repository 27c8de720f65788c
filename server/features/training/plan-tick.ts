import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import { enqueue } from '../../jobs/queue.js';
import { lockSchedule } from './lock-schedule.js';

/** Adds the next tick of a schedule to the queue, replacing a tick that is already waiting there. */
export async function planTick(
  transaction: DatabaseOrTransaction,
  scheduleId: string,
  dueAt: Date,
): Promise<void> {
  await enqueue(
    transaction,
    'tick-training-schedule',
    { scheduleId, dueAt: dueAt.toISOString() },
    { jobKey: `training-schedule:${scheduleId}`, runAt: dueAt },
  );
}

/**
 * Adds the next tick of every schedule to the queue when a worker starts. The tick may have been lost if it failed repeatedly or
 * the queue was emptied. A tick that is already waiting is replaced by an identical one.
 */
export async function planAllTicks(database: Database): Promise<void> {
  const schedules = await database.trainingSchedule.findMany({
    where: { enabled: true },
    select: { id: true },
  });
  for (const { id } of schedules) {
    // Locked, so that this does not replace the next tick that another worker is planning at the same time.
    await database.$transaction(async (tx) => {
      const schedule = await lockSchedule(tx, { id });
      if (schedule?.nextRunAt) await planTick(tx, id, schedule.nextRunAt);
    });
  }
}
