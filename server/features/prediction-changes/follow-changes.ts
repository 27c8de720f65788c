import { authorise } from '../../api/authorise.js';
import type { RequestContext, Viewer } from '../../api/context.js';
import { badUserInput } from '../../api/errors.js';
import { UNLIMITED_REPLAY } from '../../api/request-limits.js';
import { isId } from '../../database/ids.js';
import { type SearchContext, authoriseFilter, recordSearch } from '../predictions/authorise-filter.js';
import type { PredictionRow } from '../predictions/load-predictions.js';
import { checkFilter } from '../predictions/prediction-filter.js';
import type { PredictionFilter } from '../predictions/types.js';
import { type Place, placeOfCursor, placeOfPrediction } from './change-cursor.js';
import { type PredictionChangeRow, endOfChanges } from './list-prediction-changes.js';
import type { Following, PredictionChangeFeed } from './prediction-change-feed.js';

export type FeedContext = SearchContext & { changes: PredictionChangeFeed };

export interface FollowArguments {
  /** Null: from now on. */
  after?: string | null;
  filter?: PredictionFilter | null;
}

/**
 * The changes after a cursor of `predictionChanges`, and each new one.
 * @throws BAD_USER_INPUT for a cursor of another list, or a filter that no change can match
 */
export async function followChanges(
  context: FeedContext,
  given: FollowArguments,
): Promise<AsyncIterable<PredictionChangeRow>> {
  const viewer = authorise(context, 'read predictions');
  return context.changes.changes(await following(context, viewer, given, placeOfCursor));
}

/**
 * The predictions created after a prediction or after a cursor of `predictionChanges`, and each new one.
 * @throws BAD_USER_INPUT for any other text, or a filter that no new prediction can match
 */
export async function followCreated(
  context: FeedContext,
  given: FollowArguments,
): Promise<AsyncIterable<PredictionRow>> {
  const viewer = authorise(context, 'read predictions');
  const placeOf = (database: RequestContext['database'], after: string) =>
    isId('pred', after) ? placeOfPrediction(database, after) : placeOfCursor(database, after);
  return context.changes.predictions(await following(context, viewer, given, placeOf));
}

async function following(
  context: FeedContext,
  viewer: Viewer,
  { after = null, filter = null }: FollowArguments,
  placeOf: (database: RequestContext['database'], after: string) => Promise<Place>,
): Promise<Following> {
  const { database, signal, replay = UNLIMITED_REPLAY } = context;
  if (filter) await requireLiveFilter(context, viewer, filter);
  const from = after === null ? await endOfChanges(database, viewer) : await placeOf(database, after);
  return { from, isReplay: after !== null, replay, filter, limits: viewer, signal };
}

async function requireLiveFilter(
  context: FeedContext,
  viewer: Viewer,
  filter: PredictionFilter,
): Promise<void> {
  authoriseFilter(context, filter);
  for (const name of ['reviewed', 'verdict'] as const) {
    if (filter[name] != null)
      throw badUserInput(`A subscription cannot filter by '${name}', because it changes. Leave it out.`);
  }
  await checkFilter(context.database, filter, viewer);
  recordSearch(context, filter);
}
