import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { authorise } from '../../../api/authorise.js';
import { batched, forgetBatches } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { fileUrl, RELATIVE_URL } from '../../../api/file-url.js';
import { withUserErrors } from '../../../api/user-error.js';
import { loadUsers } from '../../accounts/load-users.js';
import { User } from '../../accounts/types.js';
import { findDatasetSnapshot } from '../../datasets/find-dataset-snapshot.js';
import { DatasetSnapshot } from '../../datasets/types.js';
import { loadModelVersions } from '../../models/load-models.js';
import { ModelVersion } from '../../models/types.js';
import { recordSearch, type SearchContext } from '../../predictions/authorise-filter.js';
import { giveSecondLabel } from './give-second-label.js';
import {
  findSecondLook,
  listSecondLooks,
  loadCellsOfSecondLooks,
  type SecondLookCellRow,
  type SecondLookRow,
} from './load-second-looks.js';
import { startSecondLook } from './start-second-look.js';
import {
  GiveSecondLabelInput,
  SecondLook,
  SecondLookCell,
  SecondLookPayload,
  SecondLookResult,
  StartSecondLookInput,
} from './types.js';

@Resolver(() => SecondLook)
export class SecondLookResolver {
  @Query(() => SecondLook, { nullable: true })
  secondLook(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findSecondLook(context, id);
  }

  @Query(() => [SecondLook], { description: 'The second looks before fits of a version, newest first.' })
  secondLooks(@Ctx() context: RequestContext, @Arg('modelVersionId', () => ID) modelVersionId: string) {
    return listSecondLooks(context, modelVersionId);
  }

  @Mutation(() => SecondLookPayload, {
    description:
      'Draws cells for a second look at their labels before a fit. Reviewers label them with `giveSecondLabel`. `fitModelVersion` then uses the final labels, and leaves out cells that have none or whose reviewers differ.',
  })
  startSecondLook(
    @Ctx() context: SearchContext,
    @Arg('input', () => StartSecondLookInput) input: StartSecondLookInput,
  ) {
    if (input.reviews) recordSearch(context, input.reviews);
    return withUserErrors<SecondLookPayload>(() => startSecondLook(context, input));
  }

  @Mutation(() => SecondLookPayload, {
    description:
      'Labels a cell of a second look. For a reviewed prediction this adds a review, which is blind unless the reviewer reviewed it before and saw the answer. A reviewer can label a cell again. An item of a snapshot that another reviewer has labelled is refused with CONFLICT.',
  })
  giveSecondLabel(
    @Ctx() context: RequestContext,
    @Arg('input', () => GiveSecondLabelInput) input: GiveSecondLabelInput,
  ) {
    return withUserErrors<SecondLookPayload>(async () => {
      const given = await giveSecondLabel(context, input);
      forgetBatches(context);
      return given;
    });
  }

  @FieldResolver(() => ModelVersion, { description: 'The version that will be fitted.' })
  modelVersion(@Root() { modelVersionId }: SecondLookRow, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }

  @FieldResolver(() => DatasetSnapshot, {
    nullable: true,
    description: 'The snapshot that the cells are from. Null if they are reviewed predictions.',
  })
  datasetSnapshot(@Root() { datasetSnapshotId }: SecondLookRow, @Ctx() context: RequestContext) {
    return datasetSnapshotId && findDatasetSnapshot(context, datasetSnapshotId);
  }

  @FieldResolver(() => User)
  createdBy(@Root() { createdById }: SecondLookRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => [String], { description: "The labels to choose from: the version's classes." })
  async labels(@Root() { modelVersionId }: SecondLookRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadModelVersions).load(modelVersionId))?.classes ?? [];
  }

  @FieldResolver(() => [SecondLookCell], {
    description: 'The cells of the sites that the viewer sees, in random order. At most 100.',
  })
  cells(@Root() look: SecondLookRow, @Ctx() context: RequestContext) {
    return cellsFor(context, look);
  }

  @FieldResolver(() => Int)
  async cellCount(@Root() look: SecondLookRow, @Ctx() context: RequestContext) {
    return (await cellsFor(context, look)).length;
  }

  @FieldResolver(() => Int, { description: 'The number of cells that have been labelled again.' })
  async doneCount(@Root() look: SecondLookRow, @Ctx() context: RequestContext) {
    return (await cellsFor(context, look)).filter(({ verdict }) => verdict !== null).length;
  }

  @FieldResolver(() => SecondLookResult, {
    nullable: true,
    description: 'Null until all cells have been labelled again, so that it says nothing about the others.',
  })
  async result(
    @Root() look: SecondLookRow,
    @Ctx() context: RequestContext,
  ): Promise<SecondLookResult | null> {
    const cells = await cellsFor(context, look);
    if (cells.some(({ verdict }) => verdict === null)) return null;
    const version = await batched(context, loadModelVersions).load(look.modelVersionId);
    const isPositive = (label: string | null) => label === version?.positiveLabel;
    const labelled = cells.filter(({ verdict }) => verdict === 'LABEL');
    const kept = labelled.filter(({ label, secondLabel }) => isPositive(label) === isPositive(secondLabel));
    return {
      keptCount: kept.length,
      changedCount: labelled.length - kept.length,
      withoutLabelCount: cells.length - labelled.length,
    };
  }
}

@Resolver(() => SecondLookCell)
export class SecondLookCellResolver {
  @FieldResolver(() => Boolean, { description: 'Whether it has been labelled again.' })
  isDone(@Root() { verdict }: SecondLookCellRow): boolean {
    return verdict !== null;
  }

  @FieldResolver(() => String, {
    description: `A JPEG of the cell. ?size= is its longest side in pixels, 16 to 1,024, by default 160. ${RELATIVE_URL}`,
  })
  pictureUrl(@Root() { predictionId, item }: SecondLookCellRow, @Ctx() context: RequestContext): string {
    const path =
      predictionId === null
        ? `/images/${item?.imageSha256}/thumbnail`
        : `/predictions/${predictionId}/cell.jpg`;
    return fileUrl(context, path);
  }
}

async function cellsFor(context: RequestContext, { id }: SecondLookRow): Promise<SecondLookCellRow[]> {
  authorise(context, 'see images');
  return (await batched(context, loadCellsOfSecondLooks).load(id)) ?? [];
}
