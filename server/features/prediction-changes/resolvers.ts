import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { authorise } from '../../api/authorise.js';
import { batched, shareBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import { Prediction } from '../predictions/types.js';
import { loadReviews } from '../reviews/load-reviews.js';
import { Review } from '../reviews/types.js';
import { type PredictionChangeRow, listPredictionChanges, requireCursor } from './list-prediction-changes.js';
import type { PredictionChangeFeed } from './prediction-change-feed.js';
import { PredictionChange, PredictionChangeConnection } from './types.js';

type FeedContext = RequestContext & { changes: PredictionChangeFeed };

@Resolver(() => PredictionChange)
export class PredictionChangeResolver {
  @Query(() => PredictionChangeConnection, {
    description:
      'Every change of the history: predictions, reviews and erasures, in the order in which they became visible. To follow the ' +
      'history, ask again after the last cursor: each change comes exactly once. To start ' +
      'from now, take the endCursor of `predictionChanges(last: 1)`.',
  })
  predictionChanges(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
  ) {
    return listPredictionChanges(context, { first, after, last, before });
  }

  @Subscription(() => PredictionChange, {
    subscribe: ({ context, args }: { context: FeedContext; args: { after?: string | null } }) =>
      followChanges(context, args.after ?? null),
    description:
      'The changes of the history after a cursor, first those that exist and then each new one. After a disconnect, subscribe ' +
      'again with the cursor of the last change received: none is missed and none comes twice.',
  })
  predictionChanged(
    @Root() change: PredictionChangeRow,
    @Ctx() context: RequestContext,
    @Arg('after', () => String, { nullable: true, description: 'Null: changes from now on.' })
    _after?: string | null,
  ) {
    shareBatches(context, change);
    return change;
  }

  @FieldResolver(() => Prediction, { nullable: true, description: 'As it is now. Null if it was erased.' })
  prediction(@Root() { predictionId }: PredictionChangeRow, @Ctx() context: RequestContext) {
    return batched(context, loadPredictions).load(predictionId);
  }

  @FieldResolver(() => Review, {
    nullable: true,
    description: 'The review that was added. Null if it was erased.',
  })
  review(@Root() { reviewId }: PredictionChangeRow, @Ctx() context: RequestContext) {
    return reviewId && batched(context, loadReviews).load(reviewId);
  }
}

function followChanges(context: FeedContext, after: string | null): AsyncIterable<PredictionChangeRow> {
  const viewer = authorise(context, 'read predictions');
  if (after !== null) requireCursor(after);
  return context.changes.follow(after, viewer, context.signal);
}
