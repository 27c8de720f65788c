import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, ID, Info, Query, Resolver, Root } from 'type-graphql';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { selectsOnlyId } from '../../../api/selects-only-id.js';
import { loadModelVersions } from '../../models/load-models.js';
import { ModelVersion } from '../../models/types.js';
import { findAnsweringVersion } from '../choose-version.js';
import type { PredictionRow } from '../load-predictions.js';
import { Prediction } from '../types.js';
import { type DeviceAnswerRow, loadDeviceAnswers } from './load-device-answers.js';
import { DeviceAnswer } from './types.js';

@Resolver(() => DeviceAnswer)
export class DeviceAnswerResolver {
  @FieldResolver(() => ModelVersion, { description: 'The version that answered on the device.' })
  modelVersion(
    @Root() { modelVersionId: id }: DeviceAnswerRow,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return selectsOnlyId(info) ? { id } : batched(context, loadModelVersions).load(id);
  }
}

@Resolver(() => Prediction)
export class PredictionDeviceAnswerResolver {
  @Query(() => ModelVersion, {
    nullable: true,
    description:
      'The version that would answer: that with this id, the champion of the model, or else the champion of the default model. ' +
      'Null if none can answer. A program that runs versions itself, as the web app does, loads its files.',
  })
  answeringVersion(
    @Ctx() context: RequestContext,
    @Arg('modelName', () => String, { nullable: true }) modelName?: string | null,
    @Arg('modelVersionId', () => ID, { nullable: true }) modelVersionId?: string | null,
  ) {
    return findAnsweringVersion(context, {
      modelName: modelName ?? null,
      modelVersionId: modelVersionId ?? null,
    });
  }

  @FieldResolver(() => DeviceAnswer, {
    nullable: true,
    description:
      "What a version answered in the user's browser before the upload. Null for most predictions.",
  })
  deviceAnswer(@Root() { id }: PredictionRow, @Ctx() context: RequestContext) {
    return batched(context, loadDeviceAnswers).load(id);
  }
}
