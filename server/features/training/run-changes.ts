import { Repeater } from '@graphql-yoga/subscription';
import type { RequestContext } from '../../api/context.js';
import { notFound } from '../../api/errors.js';
import { findTrainingRun } from './find-training-run.js';
import { loadRuns, type TrainingRunRow } from './load-runs.js';

/**
 * Yields the current state of the run, then its new state after each change, until the run has ended. Changes that arrive faster
 * than they are read are combined. Throws NOT_FOUND if the run does not exist.
 */
export async function runChanges(
  context: RequestContext,
  id: string,
): Promise<AsyncIterable<TrainingRunRow>> {
  if (!(await findTrainingRun(context, id))) throw notFound(`There is no training run '${id}'.`);
  const { database, events } = context;

  return new Repeater<TrainingRunRow>(async (push, stop) => {
    const state = { isLooking: false, hasChanged: false };
    const look = async () => {
      state.hasChanged = true;
      if (state.isLooking) return;
      state.isLooking = true;
      while (state.hasChanged) {
        state.hasChanged = false;
        const run = (await loadRuns(database, [id])).get(id);
        if (run) await push(run);
        if (!run || run.finishedAt) stop();
      }
      state.isLooking = false;
    };
    const changed = () => void look().catch(stop);
    const unsubscribe = events.on('training-run-changed', (event) => event.id === id && changed());
    const forgetReconnects = events.onReconnect(changed); // changes during the outage were not reported
    changed();
    await stop;
    unsubscribe();
    forgetReconnects();
  });
}
