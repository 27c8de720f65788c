import { Arg, Args, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { encodeCursor, pageOfList, PageArguments } from '../../../api/connection.js';
import type { RequestContext } from '../../../api/context.js';
import { Needs } from '../../../api/needs.js';
import { UserErrorException } from '../../../api/user-error.js';
import { DatasetItem, DatasetSnapshot } from '../../datasets/types.js';
import { Evaluation, ModelVersion } from '../types.js';
import { type ChangedImageView, changedImages } from './changed-images.js';
import {
  compareVersions,
  type ComparedVersionView,
  comparedFigures,
  type Comparison,
} from './compare-versions.js';
import { comparedCellTypes, comparedGroups, scoreDistribution } from './compared-parts.js';
import { evaluateModelVersions } from './evaluate-model-versions.js';
import {
  ChangedImage,
  ChangedImageConnection,
  ComparedFolder,
  ComparedFigures,
  ComparedGroupConnection,
  ComparedScoreBin,
  ComparedVersion,
  CompareVersionsInput,
  EvaluateModelVersionsInput,
  EvaluateModelVersionsPayload,
  VersionComparison,
  VersionDifferences,
} from './types.js';

@Resolver(() => VersionComparison)
export class VersionComparisonResolver {
  @Query(() => VersionComparison, {
    description:
      'Compares versions on one snapshot, by their newest evaluations on it. All figures are of the same images: those that no compared version was trained or fitted on. Also needs permission to read datasets. `evaluateModelVersions` starts evaluations that are missing.',
  })
  compareVersions(
    @Ctx() context: RequestContext,
    @Arg('input', () => CompareVersionsInput) input: CompareVersionsInput,
  ) {
    return compareVersions(context, input);
  }

  @FieldResolver(() => DatasetSnapshot)
  datasetSnapshot(@Root() { snapshot }: Comparison) {
    return snapshot;
  }

  @FieldResolver(() => [ComparedVersion], { description: 'In the order of the argument.' })
  versions(@Root() { versions }: Comparison) {
    return versions;
  }

  @FieldResolver(() => Int)
  imageCount(@Root() { compared }: Comparison) {
    return compared.length;
  }

  @FieldResolver(() => Int, { nullable: true })
  groupCount(@Root() { compared, items }: Comparison) {
    return new Set(compared.flatMap((position) => items[position]?.group ?? [])).size || null;
  }

  @FieldResolver(() => Int)
  excludedCount(@Root() { compared, items, versions }: Comparison) {
    return versions.some(({ evaluation }) => evaluation) ? items.length - compared.length : 0;
  }

  @FieldResolver(() => [ComparedFolder], { description: 'In alphabetical order.' })
  cellTypes(@Root() comparison: Comparison) {
    return comparedCellTypes(comparison);
  }

  @Needs('see dataset items')
  @FieldResolver(() => ComparedGroupConnection, {
    description:
      'By patient or slide: first those where a version is correct less often than the first version. Not for auditors, because it names patients.',
  })
  groups(@Root() comparison: Comparison, @Args(() => PageArguments) page: PageArguments) {
    return pageOfList(comparedGroups(comparison), page, ({ name }) => encodeCursor([name]));
  }

  @Needs('see dataset items')
  @FieldResolver(() => ChangedImageConnection, {
    description:
      'The images for which the versions do not all give the same answer, worst first: right by the first version and wrong by another, then right and withheld or withheld and wrong, then the others. Not for auditors, because it has file names and patients.',
  })
  changedImages(@Root() comparison: Comparison, @Args(() => PageArguments) page: PageArguments) {
    return pageOfList(changedImages(comparison), page, ({ item }) => encodeCursor([item.key]));
  }

  @Mutation(() => EvaluateModelVersionsPayload, {
    description:
      'Starts the evaluation of each version that cannot be compared on the snapshot yet, as evaluateModelVersion does. Versions with such an evaluation, or one that is QUEUED or RUNNING, get no second one, so the mutation can be repeated.',
  })
  async evaluateModelVersions(
    @Ctx() context: RequestContext,
    @Arg('input', () => EvaluateModelVersionsInput) input: EvaluateModelVersionsInput,
  ) {
    try {
      return await evaluateModelVersions(context, input);
    } catch (error) {
      if (error instanceof UserErrorException) return { userErrors: error.errors };
      throw error;
    }
  }
}

@Resolver(() => ComparedVersion)
export class ComparedVersionResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { version }: ComparedVersionView) {
    return version;
  }

  @FieldResolver(() => Evaluation, { nullable: true })
  evaluation(@Root() { evaluation }: ComparedVersionView) {
    return evaluation;
  }

  @FieldResolver(() => Evaluation, {
    nullable: true,
    description: 'The evaluation on this snapshot that is QUEUED or RUNNING. Null if there is none.',
  })
  pendingEvaluation(@Root() { pending }: ComparedVersionView) {
    return pending;
  }

  @FieldResolver(() => ComparedFigures, { nullable: true, description: 'Null without an evaluation.' })
  figures(@Root() version: ComparedVersionView) {
    return comparedFigures(version);
  }

  @FieldResolver(() => [ComparedScoreBin], {
    description:
      'How the probabilities of each class are distributed: 20 bins of equal width. Empty without an evaluation.',
  })
  scoreDistribution(@Root() version: ComparedVersionView) {
    return scoreDistribution(version);
  }

  @FieldResolver(() => VersionDifferences, {
    nullable: true,
    description:
      'The difference to the first version that has an evaluation. Null for that version, and without an evaluation.',
  })
  differences(@Root() { differences }: ComparedVersionView) {
    return differences();
  }
}

@Resolver(() => ChangedImage)
export class ChangedImageResolver {
  @FieldResolver(() => DatasetItem)
  item(@Root() { item }: ChangedImageView) {
    return item;
  }
}
