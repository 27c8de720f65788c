import type { Database, DatabaseOrTransaction } from '../../database/client.js';
import { enqueue } from '../../jobs/queue.js';
import { lockSchedule } from './lock-schedule.js';

/** Puts the tick of a schedule into the queue, in place of the one that waits there. */
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
 * Puts the next tick of every schedule into the queue, at the start of a worker: it may have been lost, where ticking
 * failed time after time or the queue was emptied. One that waits there is replaced by itself.
 */
export async function planAllTicks(database: Database): Promise<void> {
  const schedules = await database.trainingSchedule.findMany({
    where: { enabled: true },
    select: { id: true },
  });
  for (const { id } of schedules) {
    // Locked: a tick that another worker carries out meanwhile would plan the next one, and this would replace that.
    await database.$transaction(async (tx) => {
      const schedule = await lockSchedule(tx, { id });
      if (schedule?.nextRunAt) await planTick(tx, id, schedule.nextRunAt);
    });
  }
}
