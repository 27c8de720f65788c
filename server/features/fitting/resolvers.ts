import {
  Arg,
  Ctx,
  FieldResolver,
  Float,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { batched, shareBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { rowChanges } from '../../api/row-changes.js';
import { withUserErrors } from '../../api/user-error.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { DatasetSnapshot } from '../datasets/types.js';
import { loadModelVersions, type ModelVersionRow } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { recordSearch, type SearchContext } from '../predictions/authorise-filter.js';
import { cancelFit } from './cancel-fit.js';
import { continueFit } from './continue-fit.js';
import { FitCounts } from './fit-counts.js';
import { FitFigures as FitFiguresRecord } from './fit-figures.js';
import { fitModelVersion } from './fit-model-version.js';
import { findFit, type FitRow, loadFitsByFittedVersion, loadFitsOfVersions } from './load-fits.js';
import { previewFit } from './preview-fit.js';
import { Fit, FitCells, FitFigures, FitModelVersionInput, FitPayload, FitPreviewPayload } from './types.js';

@Resolver(() => Fit)
export class FitResolver {
  @Query(() => Fit, { nullable: true })
  fit(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findFit(context, id);
  }

  @Query(() => FitPreviewPayload, {
    description:
      'The cells that `fitModelVersion` would use with this input, and what is missing. Starts nothing.',
  })
  fitPreview(
    @Ctx() context: SearchContext,
    @Arg('input', () => FitModelVersionInput) input: FitModelVersionInput,
  ) {
    if (input.reviews) recordSearch(context, input.reviews);
    return withUserErrors<FitPreviewPayload>(() => previewFit(context, input));
  }

  @FieldResolver(() => Float, { description: 'Share of the cells that have been scored, 0 to 1.' })
  progress(@Root() { status, doneCount, counts }: FitRow): number {
    return status === 'SUCCEEDED' ? 1 : Math.min(1, doneCount / FitCounts.parse(counts).cellCount);
  }

  @FieldResolver(() => FitCells)
  cells(@Root() { counts }: FitRow): FitCells {
    return FitCounts.parse(counts);
  }

  @FieldResolver(() => FitFigures, { nullable: true, description: 'Null until the fit has SUCCEEDED.' })
  figures(@Root() { figures }: FitRow): FitFigures | null {
    return figures === null ? null : FitFiguresRecord.parse(figures);
  }

  @FieldResolver(() => ModelVersion, { description: 'The version that the fit starts from.' })
  modelVersion(@Root() { modelVersionId }: FitRow, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }

  @FieldResolver(() => ModelVersion, {
    nullable: true,
    description: 'The version that the fit registered. Null until it has SUCCEEDED.',
  })
  fittedVersion(@Root() { fittedVersionId }: FitRow, @Ctx() context: RequestContext) {
    return fittedVersionId && batched(context, loadModelVersions).load(fittedVersionId);
  }

  @FieldResolver(() => DatasetSnapshot, {
    nullable: true,
    description: 'The snapshot whose items are fitted. Null if they are reviewed predictions.',
  })
  datasetSnapshot(@Root() { datasetSnapshotId }: FitRow, @Ctx() context: RequestContext) {
    return datasetSnapshotId && findDatasetSnapshot(context, datasetSnapshotId);
  }

  @FieldResolver(() => User)
  createdBy(@Root() { createdById }: FitRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }

  @Mutation(() => FitPayload, {
    description:
      "Fits a version to labelled cells of this laboratory. A worker scores the cells and registers a version of the same model with the same network and new decision rules; follow it with fitChanged. Cells and patients of the version's training data are left out.",
  })
  fitModelVersion(
    @Ctx() context: SearchContext,
    @Arg('input', () => FitModelVersionInput) input: FitModelVersionInput,
  ) {
    if (input.reviews) recordSearch(context, input.reviews);
    return withUserErrors<FitPayload>(() => fitModelVersion(context, input));
  }

  @Mutation(() => FitPayload, {
    description:
      'Cancels a fit. A QUEUED fit is CANCELLED immediately, a RUNNING one as soon as the worker has stopped.',
  })
  cancelFit(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<FitPayload>(() => cancelFit(context, id));
  }

  @Mutation(() => FitPayload, { description: 'Queues a FAILED fit again. It scores all cells again.' })
  continueFit(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<FitPayload>(() => continueFit(context, id));
  }

  @Subscription(() => Fit, {
    subscribe: ({ context, args }: { context: RequestContext; args: { id: string } }) =>
      rowChanges(context, args.id, {
        ...{ name: 'fit', event: 'fit-changed', find: findFit },
        hasEnded: ({ finishedAt }) => finishedAt !== null,
      }),
    description: 'The current fit, then the fit after each change, until it has finished.',
  })
  fitChanged(@Root() fit: FitRow, @Ctx() context: RequestContext, @Arg('id', () => ID) _id: string) {
    shareBatches(context, fit);
    return fit;
  }
}

@Resolver(() => ModelVersion)
export class ModelVersionFitResolver {
  @FieldResolver(() => [Fit], { description: 'The fits that start from this version, newest first.' })
  async fits(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadFitsOfVersions).load(id)) ?? [];
  }

  @FieldResolver(() => Fit, {
    nullable: true,
    description:
      'The fit that made this version. Null for a version that was trained or registered from files.',
  })
  fittedBy(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return batched(context, loadFitsByFittedVersion).load(id);
  }
}
