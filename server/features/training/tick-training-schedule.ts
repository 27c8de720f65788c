import type { Services } from '../../api/context.js';
import type { Transaction } from '../../database/client.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { ClassMapping } from '../datasets/class-mapping.js';
import { giveUpLostIngestion } from '../datasets/give-up-lost-ingestion.js';
import { newestSnapshot } from '../datasets/newest-snapshot.js';
import { recordSnapshot } from '../datasets/record-snapshot.js';
import { ReviewFilter } from '../datasets/review-filter.js';
import { nextTime } from './cron.js';
import type { TrainingScheduleRow } from './load-schedules.js';
import { lockSchedule } from './lock-schedule.js';
import { planTick } from './plan-tick.js';

/** The actor of automatic actions. */
const NOBODY = { viewer: null, ip: null };

/**
 * The job for a tick of a schedule: plans the next tick, and starts the next snapshot of the dataset from the source of the newest
 * one. After its ingestion, `continueScheduledTraining` starts the run. All in one transaction, so that a tick happens only once,
 * however often its job is tried.
 *
 * - Missed ticks: a tick that was due while no worker was running is run when a worker is available again. It is one tick, however
 *   many were missed, since the next is planned from `now`.
 * - Overlapping ticks: while the snapshot of an earlier tick is INGESTING or its run QUEUED or RUNNING, a tick is skipped;
 *   but a snapshot whose job is lost is marked FAILED, and the tick continues.
 * - A tick for which the schedule is not due does nothing: the schedule was changed, was switched off, or has already ticked.
 * - If no snapshot of the dataset is left, nothing can be ingested: the outcome says so, and the next tick tries again.
 */
export async function tickTrainingSchedule(
  { database, log }: Pick<Services, 'database' | 'log'>,
  { scheduleId, dueAt }: { scheduleId: string; dueAt: string },
  now: Date,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const schedule = await lockSchedule(tx, { id: scheduleId });
    if (!schedule?.enabled || schedule.nextRunAt?.toISOString() !== dueAt) return;

    // The database's clock may have been set back since the queue gave the tick.
    const from = new Date(Math.max(now.getTime(), schedule.nextRunAt.getTime()));
    const nextRunAt = nextTime(schedule.cron, from);
    await planTick(tx, scheduleId, nextRunAt);

    const begun = await begin(tx, schedule);
    await tx.trainingSchedule.update({
      where: { id: scheduleId },
      data:
        'obstacle' in begun
          ? { nextRunAt, lastTickAt: now, lastOutcome: begun.obstacle }
          : { nextRunAt, lastTickAt: now, lastOutcome: null, snapshotId: begun.snapshotId },
    });
    await recordAuditEvent(tx, NOBODY, {
      action: AuditAction.TRAINING_SCHEDULE_TICKED,
      entityId: scheduleId,
      outcome: 'obstacle' in begun ? 'failure' : 'success',
      detail: 'obstacle' in begun ? begun.obstacle : begun.detail,
    });
    log.info({ scheduleId }, 'obstacle' in begun ? begun.obstacle : begun.detail);
  });
}

async function begin(
  tx: Transaction,
  schedule: TrainingScheduleRow,
): Promise<{ obstacle: string } | { snapshotId: string; detail: string }> {
  const { snapshot, snapshotId, lastRun, datasetName, createdById } = schedule;
  const isIngesting = snapshot?.status === 'INGESTING' && snapshotId !== null;
  if (isIngesting && !(await giveUpLostIngestion(tx, snapshotId))) {
    return {
      obstacle: `Skipped: ${snapshot.name} version ${snapshot.version} of an earlier tick is INGESTING.`,
    };
  }
  if (lastRun && (lastRun.status === 'QUEUED' || lastRun.status === 'RUNNING')) {
    return { obstacle: `Skipped: training run ${lastRun.id} of an earlier tick is ${lastRun.status}.` };
  }
  const newest = await newestSnapshot(tx, datasetName);
  if (!newest) {
    return {
      obstacle: `There is no snapshot named '${datasetName}' any more, so nothing says where its images are: create one.`,
    };
  }
  const { name, source, groupsCsv } = newest;
  const classes = ClassMapping.parse(newest.classes);
  const { id, version } = await recordSnapshot(tx, NOBODY, {
    ...{ name, source, classes, groupsCsv, createdById },
    reviewFilter: ReviewFilter.nullable().parse(newest.reviewFilter),
  });
  return { snapshotId: id, detail: `Ingests ${name} version ${version} from ${source}` };
}
