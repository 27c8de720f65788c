import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { batched } from '../../api/batched.js';
import { loadModelVersions } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { driftFeatures } from './drift-features.js';
import { type FitSuggestion as FitSuggestionView, fitSuggestion } from './fit-suggestion.js';
import { type MonitoredWindow, monitorModel } from './monitor-model.js';
import { DriftFeature, FitSuggestion, MonitoringWindow } from './types.js';

@Resolver(() => MonitoringWindow)
export class MonitoringResolver {
  @Query(() => MonitoringWindow)
  monitoring(
    @Ctx() context: RequestContext,
    @Arg('modelName', () => String) modelName: string,
    @Arg('from', () => Date) from: Date,
    @Arg('to', () => Date) to: Date,
  ) {
    return monitorModel(context, modelName, from, to);
  }

  @FieldResolver(() => [DriftFeature], {
    description:
      "Empty if the champion's training snapshot is not on this server, or if the snapshot or the window has fewer than 1000 images.",
  })
  features(@Root() window: MonitoredWindow, @Ctx() { database }: RequestContext) {
    return driftFeatures(database, window);
  }

  @FieldResolver(() => FitSuggestion, {
    nullable: true,
    description:
      'Suggests to fit the champion if reviewers agree less with it than expected, its probabilities are too high or too low, or more images are not recognised than before. Only labels of cells that were chosen at random or as a complete set count. Null if there is no reason.',
  })
  fitSuggestion(@Root() window: MonitoredWindow, @Ctx() { database }: RequestContext) {
    return fitSuggestion(database, window);
  }
}

@Resolver(() => FitSuggestion)
export class FitSuggestionResolver {
  @FieldResolver(() => ModelVersion, { description: 'The champion.' })
  modelVersion(@Root() { modelVersionId }: FitSuggestionView, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }
}
