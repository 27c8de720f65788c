import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import { createDatasetSnapshot } from '../datasets/create-dataset-snapshot.js';
import { REVIEWS } from '../datasets/review-filter.js';
import type { ItemRow } from '../datasets/snapshot-items.js';
import { CreateDatasetSnapshotInput, DatasetItem, DatasetSnapshotPayload } from '../datasets/types.js';
import { Review } from '../reviews/types.js';
import { createReviewSnapshot } from './create-review-snapshot.js';
import { itemName, loadReviewsOfItems } from './load-item-reviews.js';

@Resolver()
export class SnapshotCreationResolver {
  @Mutation(() => DatasetSnapshotPayload, {
    description:
      'Creates the next version of a snapshot from labelled folders or from reviewed predictions. A worker reads them; follow it with datasetSnapshotChanged.',
  })
  createDatasetSnapshot(
    @Ctx() context: RequestContext,
    @Arg('input', () => CreateDatasetSnapshotInput) input: CreateDatasetSnapshotInput,
  ) {
    const create = input.source === REVIEWS ? createReviewSnapshot : createDatasetSnapshot;
    return withUserErrors<DatasetSnapshotPayload>(() => create(context, input));
  }
}

@Resolver(() => DatasetItem)
export class DatasetItemReviewsResolver {
  @FieldResolver(() => [Review], {
    description:
      "The reviews that give the item's label, or a different one, oldest first. Empty for snapshots of folders.",
  })
  async reviews(@Root() item: ItemRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadReviewsOfItems).load(itemName(item))) ?? [];
  }
}
