import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { isId } from '../../database/ids.js';
import { loadRuns, type TrainingRunRow } from './load-runs.js';

/** A run by id, for those who may read training; null when it is not there. */
export async function findTrainingRun(context: RequestContext, id: string): Promise<TrainingRunRow | null> {
  authorise(context, 'read training');
  return isId('run', id) ? batched(context, loadRuns).load(id) : null;
}
