import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import { batched, shareBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { type PredictionRow, loadPredictions } from '../predictions/load-predictions.js';
import { Prediction, PredictionFilter } from '../predictions/types.js';
import { loadReviews } from '../reviews/load-reviews.js';
import { Review } from '../reviews/types.js';
import { type FeedContext, type FollowArguments, followChanges, followCreated } from './follow-changes.js';
import { type PredictionChangeRow, listPredictionChanges } from './list-prediction-changes.js';
import { PredictionChange, PredictionChangeConnection } from './types.js';

@Resolver(() => PredictionChange)
export class PredictionChangeResolver {
  @Query(() => PredictionChangeConnection, {
    description:
      'Every change of the history: predictions, reviews, withdrawals of reviews, moves and erasures, in the order in which they became visible. To follow the ' +
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
    subscribe: ({ context, args }: { context: FeedContext; args: FollowArguments }) =>
      followChanges(context, args),
    description:
      'The changes of the history after a cursor, first those that exist and then each new one. After a disconnect, subscribe ' +
      'again with the cursor of the last change received: none is missed and none comes twice. Many earlier changes come as fast ' +
      'as the limits of your account allow.',
  })
  predictionChanged(
    @Root() change: PredictionChangeRow,
    @Ctx() context: RequestContext,
    @Arg('after', () => String, {
      nullable: true,
      description: 'A cursor of `predictionChanges`. Null: changes from now on.',
    })
    _after?: string | null,
    @Arg('filter', () => PredictionFilter, {
      nullable: true,
      description:
        'Only changes of predictions that match, and of those that were erased, to which no filter can be applied. ' +
        "The conditions 'caseId', 'caseReference' and 'search' are not applied to moves, so that those who follow the case that a prediction " +
        'left learn of it. ' +
        "'reviewed' and 'verdict' cannot be used.",
    })
    _filter?: PredictionFilter | null,
  ) {
    shareBatches(context, change);
    return change;
  }

  @Subscription(() => Prediction, {
    subscribe: ({ context, args }: { context: FeedContext; args: FollowArguments }) =>
      followCreated(context, args),
    description:
      'Every new prediction at the sites that the viewer sees, in the order in which they became visible. After a disconnect, ' +
      'subscribe again after the last prediction received: none is missed and none comes twice.',
  })
  predictionCreated(
    @Root() prediction: PredictionRow,
    @Ctx() context: RequestContext,
    @Arg('after', () => String, {
      nullable: true,
      description:
        'The id of the last prediction received from this subscription, or a cursor of `predictionChanges`. Null: predictions from now on.',
    })
    _after?: string | null,
    @Arg('filter', () => PredictionFilter, {
      nullable: true,
      description:
        "Only predictions that match. 'reviewed' and 'verdict' cannot be used, because a new prediction has no review.",
    })
    _filter?: PredictionFilter | null,
  ) {
    shareBatches(context, prediction);
    return prediction;
  }

  @FieldResolver(() => Prediction, { nullable: true, description: 'As it is now. Null if it was erased.' })
  prediction(@Root() { predictionId }: PredictionChangeRow, @Ctx() context: RequestContext) {
    return batched(context, loadPredictions).load(predictionId);
  }

  @FieldResolver(() => Review, {
    nullable: true,
    description: 'The review that was added or withdrawn. Null if it was erased.',
  })
  review(@Root() { reviewId }: PredictionChangeRow, @Ctx() context: RequestContext) {
    return reviewId && batched(context, loadReviews).load(reviewId);
  }
}
