import { Arg, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { driftFeatures } from './drift-features.js';
import { type MonitoredWindow, monitorModel } from './monitor-model.js';
import { DriftFeature, MonitoringWindow } from './types.js';

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
}
