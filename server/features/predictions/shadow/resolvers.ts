import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { Prediction } from '../types.js';
import { type ModelVersionRow, loadModelVersions } from '../../models/load-models.js';
import {
  type ShadowAnswerRow,
  loadShadowAgreements,
  loadShadowAnswersOfPredictions,
} from './load-shadow-answers.js';
import { ShadowAgreement, ShadowAnswer } from './types.js';
import { ModelVersion } from '../../models/types.js';

@Resolver(() => ModelVersion)
export class ShadowAgreementResolver {
  @FieldResolver(() => ShadowAgreement, {
    nullable: true,
    description:
      'Agreement with the champions that the version shadowed. Null if it has no predictions as a challenger.',
  })
  shadowAgreement(@Root() { id }: ModelVersionRow, @Ctx() context: RequestContext) {
    return batched(context, loadShadowAgreements).load(id);
  }
}

@Resolver(() => Prediction)
export class PredictionShadowResolver {
  @FieldResolver(() => [ShadowAnswer], {
    description:
      "Challengers' predictions for the image, oldest first. Usually empty, because only a sample of the images is sent to challengers.",
  })
  async shadowAnswers(@Root() { id }: { id: string }, @Ctx() context: RequestContext) {
    return (await batched(context, loadShadowAnswersOfPredictions).load(id)) ?? [];
  }
}

@Resolver(() => ShadowAnswer)
export class ShadowAnswerResolver {
  @FieldResolver(() => ModelVersion)
  modelVersion(@Root() { modelVersionId }: ShadowAnswerRow, @Ctx() context: RequestContext) {
    return batched(context, loadModelVersions).load(modelVersionId);
  }
}
