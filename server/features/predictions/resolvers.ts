import type { GraphQLResolveInfo } from 'graphql';
import type { Upload } from 'graphql-upload-minimal';
import { Arg, Ctx, FieldResolver, ID, Info, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { selectsOnlyId } from '../../api/selects-only-id.js';
import { batched, forgetBatches } from '../../api/batched.js';
import { fileUrl, RELATIVE_URL } from '../../api/file-url.js';
import type { RequestContext } from '../../api/context.js';
import { Needs } from '../../api/needs.js';
import { readUpload } from '../../api/upload/read-upload.js';
import { UploadScalar } from '../../api/upload/upload-scalar.js';
import { type UserError, withUserErrors } from '../../api/user-error.js';
import type { AccessRecorder } from '../audit/access-recorder.js';
import { loadUsers } from '../accounts/load-users.js';
import { loadSites } from '../accounts/sites/load-sites.js';
import { Site } from '../accounts/sites/types.js';
import { User } from '../accounts/types.js';
import { thresholdLabel } from '../../decision/interpret.js';
import { loadImages } from '../images/load-images.js';
import { StoredImage } from '../images/types.js';
import { loadCellTypes, loadClasses, loadModelVersions } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { ReviewVerdict } from '../../database/generated/enums.js';
import { isId } from '../../database/ids.js';
import { finalVerdictOf, newestLabelOf } from '../reviews/final-review.js';
import type { AddedReview } from '../reviews/add-reviews.js';
import { loadReviews, loadReviewsOfPredictions } from '../reviews/load-reviews.js';
import { MOST_REVIEWS } from '../reviews/most-reviews.js';
import { reviewPrediction } from '../reviews/review-prediction.js';
import { reviewPredictions } from '../reviews/review-predictions.js';
import {
  Review,
  ReviewPredictionInput,
  ReviewPredictionsInput,
  WithdrawReviewsInput,
} from '../reviews/types.js';
import { type WithdrawnReview as WithdrawnReviewRow, withdrawReviews } from '../reviews/withdraw-reviews.js';
import { recordSearch } from './authorise-filter.js';
import { requestOf } from './classify-input.js';
import type { ClassifyContext } from './answer-request.js';
import { classifyImage } from './classify-image.js';
import { type ClassifiedImageRow, classifyImages, MOST_IMAGES } from './classify-images.js';
import type { PredictionCount } from './count-predictions.js';
import { type PredictionPage, listPredictions } from './list-predictions.js';
import { type PredictionRow, findPrediction, loadPredictions } from './load-predictions.js';
import {
  ClassifiedImage,
  ClassifyImagesPayload,
  ClassifyInput,
  ClassifyPayload,
  ClassProbability,
  Prediction,
  PredictionConnection,
  PredictionFilter,
  PredictionOrder,
  PredictionTiming,
  ReviewedPrediction,
  ReviewPredictionPayload,
  ReviewPredictionsPayload,
  WithdrawnReview,
  WithdrawReviewsPayload,
} from './types.js';

@Resolver(() => Prediction)
export class PredictionResolver {
  @Query(() => Prediction, { nullable: true })
  prediction(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findPrediction(context, id);
  }

  @Query(() => PredictionConnection, { description: 'The history of predictions, newest first by default.' })
  predictions(
    @Ctx() context: RequestContext & { accesses: AccessRecorder },
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
    @Arg('filter', () => PredictionFilter, { nullable: true }) filter?: PredictionFilter | null,
    @Arg('order', () => PredictionOrder, { nullable: true }) order?: PredictionOrder | null,
  ) {
    if (filter) recordSearch(context, filter);
    return listPredictions(context, { first, after, last, before, filter, order });
  }

  @Mutation(() => ClassifyPayload, {
    description:
      'Classifies an image. The image and the prediction are stored permanently before the response is sent.',
  })
  classify(
    @Ctx() context: ClassifyContext,
    @Arg('image', () => UploadScalar) image: Upload,
    @Info() info: GraphQLResolveInfo,
    @Arg('input', () => ClassifyInput, { nullable: true }) input?: ClassifyInput | null,
  ) {
    return withUserErrors<ClassifyPayload>(async () => ({
      prediction: await classifyImage(context, {
        readImage: () => readUpload(context, image, context.config.maxUploadBytes),
        ...requestOf(context, info, input),
      }),
    }));
  }

  @Mutation(() => ClassifyImagesPayload, {
    description:
      `Classifies between 1 and ${MOST_IMAGES} images in one request. Each is classified as by classify and has its own result, so an image ` +
      'that is refused does not affect the others. Images are classified while later ones are still arriving: those that had ' +
      'arrived when the connection breaks are recorded. With clientRequestId, a repeat returns the first prediction of each ' +
      'image that was recorded, and classifies the others.',
  })
  classifyImages(
    @Ctx() context: ClassifyContext,
    @Arg('images', () => [UploadScalar]) images: Upload[],
    @Info() info: GraphQLResolveInfo,
    @Arg('input', () => ClassifyInput, { nullable: true }) input?: ClassifyInput | null,
  ) {
    return withUserErrors<{ results: ClassifiedImageRow[]; userErrors: UserError[] }>(async () => ({
      results: await classifyImages(context, images, requestOf(context, info, input)),
    })).then((payload) => ({ results: [], ...payload }));
  }

  @Mutation(() => ReviewPredictionPayload, {
    description:
      'Confirms or corrects a prediction, or says that it shows no cell or that the reviewer cannot tell. The newest label counts. ' +
      "Reviews are never removed, and their reviewers can withdraw them. A review that only repeats the newest one, which is the caller's own, is not added.",
  })
  reviewPrediction(
    @Ctx() context: RequestContext,
    @Arg('input', () => ReviewPredictionInput) input: ReviewPredictionInput,
  ) {
    forgetBatches(context);
    return withUserErrors<ReviewPredictionPayload>(async () => {
      const { predictionId, added } = await reviewPrediction(context, input);
      return { prediction: await batched(context, loadPredictions).load(predictionId), added };
    });
  }

  @Mutation(() => ReviewPredictionsPayload, {
    description:
      `Reviews 1 to ${MOST_REVIEWS} predictions, each as by reviewPrediction and with its own result: a review that is refused does not ` +
      'affect the others. With clientRequestId, the request can be repeated, and no review is added twice.',
  })
  reviewPredictions(
    @Ctx() context: RequestContext,
    @Arg('input', () => ReviewPredictionsInput) input: ReviewPredictionsInput,
  ) {
    return withUserErrors<{ results: AddedReview[]; userErrors: UserError[] }>(async () => {
      const results = await reviewPredictions(context, input);
      forgetBatches(context);
      return { results };
    });
  }

  @Mutation(() => WithdrawReviewsPayload, {
    description:
      "Takes back the caller's newest reviews of predictions. They stay recorded and no longer count: `node` finds them with `withdrawnAt`, and " +
      'everything else leaves them out. Refused for a review with a newer one after it, and in a signed case.',
  })
  withdrawReviews(
    @Ctx() context: RequestContext,
    @Arg('input', () => WithdrawReviewsInput) { reviewIds }: WithdrawReviewsInput,
  ) {
    return withUserErrors<{ results: WithdrawnReviewRow[]; userErrors: UserError[] }>(async () => {
      const results = await withdrawReviews(context, reviewIds);
      forgetBatches(context);
      return { results };
    });
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: PredictionRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => Site, {
    nullable: true,
    description: 'The site at which the prediction was made. Null if it was made by a user without a site.',
  })
  site(@Root() { siteId }: PredictionRow, @Ctx() context: RequestContext) {
    return siteId && batched(context, loadSites).load(siteId);
  }

  @FieldResolver(() => StoredImage)
  image(@Root() { imageSha256 }: PredictionRow, @Ctx() context: RequestContext) {
    return batched(context, loadImages).load(imageSha256);
  }

  @FieldResolver(() => ModelVersion)
  modelVersion(
    @Root() { modelVersionId: id }: PredictionRow,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return selectsOnlyId(info) ? { id } : batched(context, loadModelVersions).load(id);
  }

  @Needs('read predictions') // a token for classifying is enough to make a prediction
  @FieldResolver(() => Prediction, {
    nullable: true,
    description:
      'The first prediction of the same image by the same version at the same site, whose result this prediction repeats. ' +
      'Null if the version ran for this prediction.',
  })
  repeatOf(@Root() { repeatOfId }: PredictionRow, @Ctx() context: RequestContext) {
    return repeatOfId && batched(context, loadPredictions).load(repeatOfId);
  }

  @FieldResolver(() => [ClassProbability], { description: 'Sums to 1.' })
  async probabilities(
    @Root() { modelVersionId, probabilities }: PredictionRow,
    @Ctx() context: RequestContext,
  ): Promise<ClassProbability[]> {
    const classes = await batched(context, loadClasses).load(modelVersionId);
    return probabilities.map((probability, index) => ({ label: classes?.[index] ?? '', probability }));
  }

  @FieldResolver(() => [ClassProbability], {
    nullable: true,
    description:
      'The probability of each cell type that the version knows, the most probable first. Sums to 1. Null if it knows none. ' +
      'The probabilities have no meaning if the outcome is OUT_OF_DISTRIBUTION.',
  })
  async cellTypes(
    @Root() { modelVersionId, cellTypes }: PredictionRow,
    @Ctx() context: RequestContext,
  ): Promise<ClassProbability[] | null> {
    if (cellTypes.length === 0) return null;
    const labels = await batched(context, loadCellTypes).load(modelVersionId);
    return cellTypes
      .map((probability, index) => ({ label: labels?.[index] ?? '', probability }))
      .sort((one, other) => other.probability - one.probability);
  }

  @FieldResolver(() => String, {
    description:
      "The label by the version's decision threshold: the positive label if its probability is at least " +
      '`ModelVersion.decisionThreshold`, otherwise the other label. Evaluations measure sensitivity and specificity with it. ' +
      'It differs from `label` only between the threshold and 0.5, where the outcome is never CLASSIFIED.',
  })
  async thresholdLabel(
    @Root() { modelVersionId, probabilities }: PredictionRow,
    @Ctx() context: RequestContext,
  ): Promise<string> {
    const version = await batched(context, loadModelVersions).load(modelVersionId);
    return version ? thresholdLabel(version, probabilities[1] ?? NaN) : '';
  }

  @Needs('see images')
  @FieldResolver(() => String, {
    nullable: true,
    description: `A PNG heat map of the regions that contributed to the score. It is as large as the image, or has its proportions where the image is larger than 2,048 pixels. Null for auditors. ${RELATIVE_URL}`,
  })
  evidenceMapUrl(@Root() { id }: PredictionRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/predictions/${id}/evidence.png`);
  }

  @FieldResolver(() => PredictionTiming)
  timing(@Root() { decodeMs, queueMs, inferenceMs, totalMs }: PredictionRow): PredictionTiming {
    return { decodeMs, queueMs, inferenceMs, totalMs };
  }

  @FieldResolver(() => [Review], { description: 'Oldest first, without those that were withdrawn.' })
  async reviews(@Root() { id }: PredictionRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadReviewsOfPredictions).load(id)) ?? [];
  }

  @FieldResolver(() => String, {
    description:
      "The newest label of a reviewer, or the model's label if no review gives one. Reviews with a verdict other than LABEL do not count: " +
      'if `finalVerdict` is another verdict, a later reviewer has withdrawn this label.',
  })
  async finalLabel(@Root() { id, label }: PredictionRow, @Ctx() context: RequestContext): Promise<string> {
    const reviews = await batched(context, loadReviewsOfPredictions).load(id);
    return newestLabelOf(reviews ?? []) ?? label;
  }

  @FieldResolver(() => ReviewVerdict, {
    nullable: true,
    description: 'The verdict of the newest review. Null if there is no review.',
  })
  async finalVerdict(@Root() { id }: PredictionRow, @Ctx() context: RequestContext) {
    return finalVerdictOf((await batched(context, loadReviewsOfPredictions).load(id)) ?? []);
  }
}

@Resolver(() => ReviewedPrediction)
export class ReviewedPredictionResolver {
  @FieldResolver(() => Prediction, {
    nullable: true,
    description: 'As it is after the request. Null if there is no such prediction.',
  })
  prediction(@Root() { predictionId }: AddedReview, @Ctx() context: RequestContext) {
    return isId('pred', predictionId) ? batched(context, loadPredictions).load(predictionId) : null;
  }

  @FieldResolver(() => Review, {
    nullable: true,
    description:
      'The review that was added, or the earlier review that it only repeats. Null with user errors.',
  })
  review(@Root() { reviewId }: AddedReview, @Ctx() context: RequestContext) {
    return reviewId && batched(context, loadReviews).load(reviewId);
  }
}

@Resolver(() => WithdrawnReview)
export class WithdrawnReviewResolver {
  @FieldResolver(() => Prediction, {
    nullable: true,
    description: 'As it is after the request. Null with user errors.',
  })
  prediction(@Root() { predictionId }: WithdrawnReviewRow, @Ctx() context: RequestContext) {
    return predictionId && batched(context, loadPredictions).load(predictionId);
  }
}

@Resolver(() => ClassifiedImage)
export class ClassifiedImageResolver {
  @FieldResolver(() => Prediction, {
    nullable: true,
    description:
      'Null for an image that was refused, with the reason in userErrors, or whose classification failed, with an error.',
  })
  prediction(@Root() { prediction, fault }: ClassifiedImageRow) {
    if (fault !== null) throw fault;
    return prediction;
  }
}

@Resolver(() => PredictionConnection)
export class PredictionConnectionResolver {
  // Both fields need the same count: it is made once.
  readonly #counts = new WeakMap<PredictionPage, Promise<PredictionCount>>();

  @FieldResolver(() => Int)
  async totalCount(@Root() page: PredictionPage): Promise<number> {
    return (await this.#count(page)).count;
  }

  @FieldResolver(() => Boolean, {
    description: 'True if counting exactly would need more than 10,000 rows to be checked one by one.',
  })
  async totalCountIsEstimate(@Root() page: PredictionPage): Promise<boolean> {
    return (await this.#count(page)).isEstimate;
  }

  #count(page: PredictionPage): Promise<PredictionCount> {
    let count = this.#counts.get(page);
    if (!count) this.#counts.set(page, (count = page.count()));
    return count;
  }
}
