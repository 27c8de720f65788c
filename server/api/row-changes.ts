import { Repeater } from '@graphql-yoga/subscription';
import { shareBatches } from './batched.js';
import type { EventOf } from '../database/events.js';
import type { RequestContext } from './context.js';
import { notFound } from './errors.js';

/** A kind of row whose progress clients follow. */
export interface FollowedRow<Row extends object> {
  /** What it is called in errors: 'training run'. */
  name: string;
  /** The event that each change publishes. */
  event:
    | 'training-run-changed'
    | 'bulk-classification-changed'
    | 'evaluation-changed'
    | 'fit-changed'
    | 'snapshot-changed'
    | 'champion-changed';
  /** Authorises the viewer and loads the row by `batched`, a model by its name; null if there is none that the viewer sees. */
  find: (context: RequestContext, key: string) => Promise<Row | null>;
  /** Whether nothing will change any more. */
  hasEnded: (row: Row) => boolean;
}

/**
 * Yields the current state of a row, then its new state after each change, until it has ended. Changes that arrive faster than they
 * are read are combined. All subscribers that an event reaches share one read of the row.
 * @param key the id of the row, or the name of a model
 * @throws NOT_FOUND if there is no such row that the viewer sees; the error of `find` if the viewer may not read it
 */
export async function rowChanges<Row extends object>(
  context: RequestContext,
  key: string,
  { name, event, find, hasEnded }: FollowedRow<Row>,
): Promise<AsyncIterable<Row>> {
  if (!(await find(context, key))) throw notFound(`There is no ${name} '${key}'.`);
  const { events } = context;

  return new Repeater<Row>(async (push, stop) => {
    const state: { isLooking: boolean; newest: object | null } = { isLooking: false, newest: null };
    const look = async (change: object) => {
      state.newest = change;
      if (state.isLooking) return;
      state.isLooking = true;
      while (state.newest) {
        shareBatches(context, state.newest);
        state.newest = null;
        const row = await find(context, key);
        if (row) await push(row);
        if (!row || hasEnded(row)) stop();
      }
      state.isLooking = false;
    };
    const changed = (change: object) => void look(change).catch(stop);
    const unsubscribe = events.on(event, (published) => keyOf(published) === key && changed(published));
    const forgetReconnects = events.onReconnect(changed); // changes during the outage were not reported
    changed({});
    await stop;
    unsubscribe();
    forgetReconnects();
  });
}

function keyOf(event: EventOf<FollowedRow<object>['event']>): string {
  return event.type === 'champion-changed' ? event.modelName : event.id;
}
