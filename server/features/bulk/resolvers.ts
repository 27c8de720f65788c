import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Ctx,
  FieldResolver,
  Float,
  ID,
  Info,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { PageArguments } from '../../api/connection.js';
import { batched, shareBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { Needs } from '../../api/needs.js';
import { idempotencyKeyOf } from '../../api/idempotency-key.js';
import { rowChanges } from '../../api/row-changes.js';
import { withUserErrors } from '../../api/user-error.js';
import { SkipReason } from '../../database/generated/enums.js';
import { loadUsers } from '../accounts/load-users.js';
import { loadSites } from '../accounts/sites/load-sites.js';
import { Site } from '../accounts/sites/types.js';
import { User } from '../accounts/types.js';
import { SkipCount, SkippedFileConnection } from '../datasets/types.js';
import { loadModelVersions } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import type { PredictionRow } from '../predictions/load-predictions.js';
import { Prediction, PredictionConnection } from '../predictions/types.js';
import { cancelBulkClassification } from './cancel-bulk-classification.js';
import { classifyFolder } from './classify-folder.js';
import { continueBulkClassification } from './continue-bulk-classification.js';
import { listBulkPredictions, listFailedFiles, listSkippedFiles } from './list-bulk-items.js';
import {
  type BulkClassificationRow,
  findBulkClassification,
  loadBulkClassificationsOfPredictions,
  listBulkClassifications,
} from './load-bulk-classifications.js';
import {
  BulkClassification,
  BulkClassificationConnection,
  BulkClassificationPayload,
  ClassifyFolderInput,
  FailedFileConnection,
} from './types.js';

@Resolver(() => BulkClassification)
export class BulkClassificationResolver {
  @Query(() => BulkClassificationConnection, { description: 'Newest first.' })
  bulkClassifications(@Ctx() context: RequestContext, @Args(() => PageArguments) page: PageArguments) {
    return listBulkClassifications(context, page);
  }

  @Query(() => BulkClassification, { nullable: true })
  bulkClassification(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findBulkClassification(context, id);
  }

  @Mutation(() => BulkClassificationPayload, {
    description:
      'Classifies every image of a folder or bucket in the background. Follow it with bulkClassificationChanged.',
  })
  classifyFolder(
    @Ctx() context: RequestContext,
    @Arg('input', () => ClassifyFolderInput) input: ClassifyFolderInput,
    @Info() info: GraphQLResolveInfo,
  ) {
    input.clientRequestId ??= idempotencyKeyOf(context, info);
    return withUserErrors<BulkClassificationPayload>(() => classifyFolder(context, input));
  }

  @Mutation(() => BulkClassificationPayload, {
    description: 'Cancels a bulk classification. Its predictions so far are kept.',
  })
  cancelBulkClassification(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<BulkClassificationPayload>(() => cancelBulkClassification(context, id));
  }

  @Mutation(() => BulkClassificationPayload, {
    description:
      'Continues a FAILED bulk classification. Files that were processed before are not processed again.',
  })
  continueBulkClassification(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<BulkClassificationPayload>(() => continueBulkClassification(context, id));
  }

  @Subscription(() => BulkClassification, {
    subscribe: ({ context, args }: { context: RequestContext; args: { id: string } }) =>
      rowChanges(context, args.id, {
        ...{ name: 'bulk classification', event: 'bulk-classification-changed' },
        find: findBulkClassification,
        hasEnded: ({ finishedAt }) => finishedAt !== null,
      }),
    description:
      'The current bulk classification, then the bulk classification after each change, until it has finished.',
  })
  bulkClassificationChanged(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Arg('id', () => ID) _id: string,
  ) {
    shareBatches(context, bulk);
    return bulk;
  }

  @FieldResolver(() => Float, { description: 'Share of the files that have been processed, 0 to 1.' })
  progress(@Root() { status, itemCount, doneCount, failedCount }: BulkClassificationRow): number {
    if (status === 'SUCCEEDED') return 1;
    // Files may have been added since they were counted, so the share is limited to 1.
    return itemCount === null || itemCount === 0 ? 0 : Math.min((doneCount + failedCount) / itemCount, 1);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'The number of files below the source, including system files. Null until they have been counted. Once the job has finished, it is the sum of doneCount and the skipped files.',
  })
  fileCount(@Root() { itemCount, notImageCount, systemFiles }: BulkClassificationRow): number | null {
    return itemCount === null ? null : itemCount + notImageCount + systemFiles;
  }

  @FieldResolver(() => [SkipCount], {
    description: 'The number of files without a prediction so far, by reason.',
  })
  skipped(@Root() { failedCount, notImageCount, systemFiles }: BulkClassificationRow): SkipCount[] {
    const counts: SkipCount[] = [
      { reason: 'UNREADABLE', count: failedCount },
      { reason: 'NOT_AN_IMAGE', count: notImageCount },
      { reason: 'SYSTEM_FILE', count: systemFiles },
    ];
    return counts.filter(({ count }) => count > 0);
  }

  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: BulkClassificationRow, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }

  @FieldResolver(() => Site, {
    nullable: true,
    description: 'The site of its predictions. Null if it was started by a user without a site.',
  })
  site(@Root() { siteId }: BulkClassificationRow, @Ctx() context: RequestContext) {
    return siteId && batched(context, loadSites).load(siteId);
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: BulkClassificationRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }

  @Needs('read predictions') // a token for classifying is enough to start a job
  @FieldResolver(() => PredictionConnection, { description: 'Oldest first.' })
  predictions(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return listBulkPredictions(context, bulk, page);
  }

  @Needs('see images')
  @FieldResolver(() => FailedFileConnection, {
    description: 'Ordered by path. Not for auditors, because it has file names.',
  })
  failedFiles(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return listFailedFiles(context, bulk, page);
  }

  @Needs('see images')
  @FieldResolver(() => SkippedFileConnection, {
    description:
      'The files without a prediction, except system files, ordered by path. Not for auditors, because it has file names.',
  })
  skippedFiles(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Args(() => PageArguments) page: PageArguments,
    @Arg('reason', () => SkipReason, { nullable: true }) reason?: SkipReason | null,
  ) {
    return listSkippedFiles(context, bulk, page, reason);
  }
}

@Resolver(() => Prediction)
export class PredictionBulkClassificationResolver {
  @Needs('read predictions') // a token for classifying is enough to make a prediction
  @FieldResolver(() => BulkClassification, {
    nullable: true,
    description:
      'The bulk classification that made the prediction. Null if a user or a program sent the image.',
  })
  bulkClassification(@Root() { id }: PredictionRow, @Ctx() context: RequestContext) {
    return batched(context, loadBulkClassificationsOfPredictions).load(id);
  }
}
