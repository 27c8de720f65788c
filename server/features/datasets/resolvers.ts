import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { PageArguments } from '../../api/connection.js';
import { batched, shareBatches } from '../../api/batched.js';
import { may } from '../../api/authorise.js';
import { LabelCount } from '../../api/label-count.js';
import type { RequestContext } from '../../api/context.js';
import { Needs } from '../../api/needs.js';
import { rowChanges } from '../../api/row-changes.js';
import { withUserErrors } from '../../api/user-error.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { loadImages } from '../images/load-images.js';
import { StoredImage } from '../images/types.js';
import { continueIngestion } from './continue-ingestion.js';
import { findDatasetSnapshot } from './find-dataset-snapshot.js';
import { listItems } from './list-items.js';
import { listSkippedFiles } from './list-skipped-files.js';
import { listSnapshots } from './list-snapshots.js';
import {
  type FindingRow,
  loadExampleItems,
  loadFindings,
  loadLabelCounts,
  loadReviewedItemCounts,
  type SnapshotRow,
} from './load-snapshots.js';
import { ReviewFilter } from './review-filter.js';
import { messageForAuditors } from './validation/finding.js';
import { loadSkipCounts, skipCountsOf } from './skipped-files.js';
import type { SnapshotItem } from './snapshot-items.js';
import {
  DatasetItem,
  DatasetItemConnection,
  DatasetSnapshot,
  DatasetSnapshotConnection,
  DatasetSnapshotPayload,
  ReviewedPredictions,
  SkipCount,
  SkippedFileConnection,
  ValidationFinding,
} from './types.js';

@Resolver(() => DatasetSnapshot)
export class DatasetSnapshotResolver {
  @Query(() => DatasetSnapshotConnection, { description: 'Newest first.' })
  datasetSnapshots(
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('name', () => String, { nullable: true }) name?: string | null,
  ) {
    return listSnapshots(context, page, name);
  }

  @Query(() => DatasetSnapshot, { nullable: true })
  datasetSnapshot(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findDatasetSnapshot(context, id);
  }

  @Subscription(() => DatasetSnapshot, {
    subscribe: ({ context, args }: { context: RequestContext; args: { id: string } }) =>
      rowChanges(context, args.id, {
        ...{ name: 'dataset snapshot', event: 'snapshot-changed', find: findDatasetSnapshot },
        hasEnded: ({ status }) => status !== 'INGESTING',
      }),
    description:
      'The current snapshot, then the snapshot after each change, until it is not INGESTING any more.',
  })
  datasetSnapshotChanged(
    @Root() snapshot: SnapshotRow,
    @Ctx() context: RequestContext,
    @Arg('id', () => ID) _id: string,
  ) {
    shareBatches(context, snapshot);
    return snapshot;
  }

  @FieldResolver(() => [LabelCount], {
    description: 'The number of items per label. It grows while the snapshot is INGESTING.',
  })
  async labelCounts(@Root() { id }: SnapshotRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadLabelCounts).load(id)) ?? [];
  }

  @FieldResolver(() => [ValidationFinding], { description: 'Errors first.' })
  async findings(@Root() { id }: SnapshotRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadFindings).load(id)) ?? [];
  }

  @FieldResolver(() => [SkipCount], {
    description: 'The number of skipped files, by reason. Their sum plus itemCount is fileCount.',
  })
  async skipped(@Root() snapshot: SnapshotRow, @Ctx() context: RequestContext) {
    return skipCountsOf(snapshot, (await batched(context, loadSkipCounts).load(snapshot.id)) ?? []);
  }

  @Needs('see dataset items')
  @FieldResolver(() => SkippedFileConnection, {
    description:
      'The skipped files, except those that are only counted, ordered by path. Not for auditors, because it has file names.',
  })
  skippedFiles(
    @Root() { id }: SnapshotRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return listSkippedFiles(context, id, page);
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: SnapshotRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @Needs('see dataset items')
  @FieldResolver(() => DatasetItemConnection, {
    description: 'Ordered by key. Not for auditors, because it has file names and patients.',
  })
  items(
    @Root() { id }: SnapshotRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('label', () => String, { nullable: true }) label?: string | null,
  ) {
    return listItems(context, id, page, label);
  }

  @FieldResolver(() => ReviewedPredictions, {
    nullable: true,
    description: "Which reviewed predictions the snapshot has. Null unless the source is 'reviews'.",
  })
  reviews(@Root() { reviewFilter }: SnapshotRow): ReviewedPredictions | null {
    const filter = ReviewFilter.nullable().parse(reviewFilter);
    return filter && { ...filter, from: dateOf(filter.from), to: dateOf(filter.to) };
  }

  @FieldResolver(() => Int, {
    description:
      'The number of items that come from reviewed predictions. The others come from folders, or from the base snapshot.',
  })
  async reviewedItemCount(@Root() { id }: SnapshotRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadReviewedItemCounts).load(id)) ?? 0;
  }

  @FieldResolver(() => Int, {
    description:
      'The number of items that were erased with their cases since the snapshot was made. They are not trained on. Always 0 for snapshots of folders.',
  })
  async erasedItemCount(
    @Root() { id, status, reviewFilter, itemCount }: SnapshotRow,
    @Ctx() context: RequestContext,
  ) {
    if (reviewFilter === null || status !== 'READY') return 0;
    const counts = (await batched(context, loadLabelCounts).load(id)) ?? [];
    return itemCount - counts.reduce((sum, { count }) => sum + count, 0);
  }

  @Mutation(() => DatasetSnapshotPayload, {
    description:
      'Continues the ingestion of a FAILED snapshot. Files that are recorded already are not read again.',
  })
  continueIngestion(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<DatasetSnapshotPayload>(() => continueIngestion(context, id));
  }
}

@Resolver(() => ValidationFinding)
export class ValidationFindingResolver {
  @FieldResolver()
  message(@Root() { check, message }: FindingRow, @Ctx() { viewer }: RequestContext): string {
    return viewer && may(viewer, 'see dataset items') ? message : messageForAuditors({ check, message });
  }

  @Needs('see dataset items')
  @FieldResolver(() => [DatasetItem], { description: 'Some of the affected images. Empty for auditors.' })
  async exampleItems(@Root() { id }: FindingRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadExampleItems).load(id)) ?? [];
  }
}

@Resolver(() => DatasetItem)
export class DatasetItemResolver {
  @FieldResolver(() => StoredImage)
  image(@Root() { imageSha256 }: SnapshotItem, @Ctx() context: RequestContext) {
    return batched(context, loadImages).load(imageSha256);
  }
}

function dateOf(iso: string | null): Date | null {
  return iso === null ? null : new Date(iso);
}
