import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadSchedules, scheduleRelations, type TrainingScheduleRow } from './load-schedules.js';

/** A schedule by id, for those who may read training; null when it is not there. */
export async function findTrainingSchedule(
  context: RequestContext,
  id: string,
): Promise<TrainingScheduleRow | null> {
  authorise(context, 'read training');
  return isId('sched', id) ? batched(context, loadSchedules).load(id) : null;
}

/** All schedules, those switched off too, by model and dataset. */
export async function listSchedules(context: RequestContext): Promise<TrainingScheduleRow[]> {
  authorise(context, 'read training');
  return context.database.trainingSchedule.findMany({
    include: scheduleRelations,
    orderBy: [{ model: { name: 'asc' } }, { datasetName: 'asc' }],
  });
}
