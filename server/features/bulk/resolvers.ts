import { Arg, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import { SkipReason } from '../../database/generated/enums.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { SkipCount, SkippedFileConnection } from '../datasets/types.js';
import { loadModelVersions } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { PredictionConnection } from '../predictions/types.js';
import { cancelBulkClassification } from './cancel-bulk-classification.js';
import { classifyFolder } from './classify-folder.js';
import { listBulkPredictions, listFailedFiles, listSkippedFiles } from './list-bulk-items.js';
import {
  type BulkClassificationRow,
  findBulkClassification,
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
  bulkClassifications(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ) {
    return listBulkClassifications(context, { first, after });
  }

  @Query(() => BulkClassification, { nullable: true })
  bulkClassification(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findBulkClassification(context, id);
  }

  @Mutation(() => BulkClassificationPayload, {
    description:
      'Classifies every image of a folder or bucket in the background. Ask again for its progress.',
  })
  classifyFolder(
    @Ctx() context: RequestContext,
    @Arg('input', () => ClassifyFolderInput) input: ClassifyFolderInput,
  ) {
    return withUserErrors<BulkClassificationPayload>(() => classifyFolder(context, input));
  }

  @Mutation(() => BulkClassificationPayload, { description: 'Stops it; the predictions it has made stay.' })
  cancelBulkClassification(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<BulkClassificationPayload>(() => cancelBulkClassification(context, id));
  }

  @FieldResolver(() => Float, { description: '0 to 1: the share of its files that has been dealt with.' })
  progress(@Root() { status, itemCount, doneCount, failedCount }: BulkClassificationRow): number {
    if (status === 'SUCCEEDED') return 1;
    // There may be more files than were counted: then it is all but done.
    return itemCount === null || itemCount === 0 ? 0 : Math.min((doneCount + failedCount) / itemCount, 1);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Every file below the source, system files too; null until they have been counted. Once it has ended, what is answered and what is skipped add up to it.',
  })
  fileCount(@Root() { itemCount, notImageCount, systemFiles }: BulkClassificationRow): number | null {
    return itemCount === null ? null : itemCount + notImageCount + systemFiles;
  }

  @FieldResolver(() => [SkipCount], { description: 'How many files have no prediction so far, by reason.' })
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

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: BulkClassificationRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => PredictionConnection, { description: 'Oldest first.' })
  predictions(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ) {
    return listBulkPredictions(context, bulk, { first, after });
  }

  @FieldResolver(() => FailedFileConnection, { description: 'By their paths.' })
  failedFiles(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
  ) {
    return listFailedFiles(context, bulk, { first, after });
  }

  @FieldResolver(() => SkippedFileConnection, {
    description: 'The files that have no prediction, without system files, by their paths.',
  })
  skippedFiles(
    @Root() bulk: BulkClassificationRow,
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('reason', () => SkipReason, { nullable: true }) reason?: SkipReason | null,
  ) {
    return listSkippedFiles(context, bulk, { first, after, reason });
  }
}
