import type { RequestContext, Viewer } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { ReviewOrigin } from '../../database/generated/enums.js';
import { randomFrom, shuffle } from '../../imaging/seeded-random.js';
import { authoriseFilter } from '../predictions/authorise-filter.js';
import { dependsOnAnswer } from '../predictions/conditions-by-prediction.js';
import { pageStatement } from '../predictions/list-predictions.js';
import { conditionsOf } from '../predictions/prediction-filter.js';
import { type PredictionFilter, PredictionOrder } from '../predictions/types.js';

/** The largest number of cells of a reading. */
export const MOST_CELLS = 500;
/** The predictions among which the cells are chosen: the newest ones that match. */
const MOST_CONSIDERED = 20_000;

export interface ChosenCells {
  /** Ids of predictions, in the order of the reading. */
  predictionIds: string[];
  /** Of the reviews. */
  origin: ReviewOrigin;
}

/** What cells to choose. `seed` decides all that is random. */
export interface Choice {
  filter: PredictionFilter;
  order: 'LEAST_CONFIDENT_FIRST' | 'RANDOM_SAMPLE';
  /** Default: all, at most {@link MOST_CELLS}. */
  count?: number | null;
  blind: boolean;
  seed: string;
}

/**
 * Chooses cells among the newest 20,000 predictions that match a filter and that the viewer sees.
 * The origin says whether they were chosen without regard to the prediction: all cells of a case, or a random sample of a filter that
 * has no condition on the prediction or its reviews.
 * @throws what `conditionsOf` throws for the filter; the user error INVALID for a wrong count, or if no prediction matches
 */
export async function chooseCellsToRead(
  context: RequestContext,
  viewer: Viewer,
  { filter, order, count, blind, seed }: Choice,
): Promise<ChosenCells> {
  if (count != null && (count < 1 || count > MOST_CELLS)) {
    throw userError(UserErrorCode.INVALID, `A reading has 1 to ${MOST_CELLS} cells, not ${count}.`, [
      'input',
      'count',
    ]);
  }
  authoriseFilter(context, filter);
  const conditions = await conditionsOf(context.database, filter, viewer);
  const newest = pageStatement(
    conditions,
    { size: MOST_CONSIDERED - 1, backward: false, cursor: null },
    PredictionOrder.NEWEST_FIRST,
  );
  const considered = await context.database.$queryRaw<{ id: string }[]>`
    SELECT p.id FROM "Prediction" p JOIN "ModelVersion" v ON v.id = p."modelVersionId" WHERE p.id IN (${newest})
    ORDER BY p.outcome = 'CLASSIFIED', abs(p.probabilities[2] - v."decisionThreshold"), p.id`;
  if (considered.length === 0)
    throw userError(UserErrorCode.INVALID, 'There are no such cells. Choose others.', ['input', 'filter']);

  const random = randomFrom(seed, 'order');
  const ids = considered.map(({ id }) => id);
  const size = Math.min(count ?? MOST_CELLS, MOST_CELLS);
  if (order === 'LEAST_CONFIDENT_FIRST') {
    const first = ids.slice(0, size);
    return { predictionIds: blind ? shuffle(first, random) : first, origin: 'WORKLIST' };
  }
  const predictionIds = shuffle(ids, random).slice(0, size);
  return { predictionIds, origin: originOf(filter, predictionIds.length === ids.length) };
}

/** @param areAll whether all predictions that match were chosen */
function originOf(filter: PredictionFilter, areAll: boolean): ReviewOrigin {
  if (dependsOnAnswer(filter)) return 'WORKLIST';
  const given = Object.entries(filter).flatMap(([name, value]) => (value == null ? [] : [name]));
  return areAll && given.length === 1 && given[0] === 'caseId' ? 'WHOLE_SET' : 'RANDOM_SAMPLE';
}
