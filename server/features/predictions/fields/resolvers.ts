import type { GraphQLResolveInfo } from 'graphql';
import type { Upload } from 'graphql-upload-minimal';
import { Arg, Ctx, FieldResolver, ID, Info, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { fileUrl, RELATIVE_URL } from '../../../api/file-url.js';
import { idempotencyKeyOf } from '../../../api/idempotency-key.js';
import { Needs } from '../../../api/needs.js';
import { selectsOnlyId } from '../../../api/selects-only-id.js';
import { readUpload } from '../../../api/upload/read-upload.js';
import { UploadScalar } from '../../../api/upload/upload-scalar.js';
import { type UserError, withUserErrors } from '../../../api/user-error.js';
import { PredictionOutcome } from '../../../database/generated/enums.js';
import { MOST_CELLS } from '../../../pixels/field-cells.js';
import { loadUsers } from '../../accounts/load-users.js';
import { loadSites } from '../../accounts/sites/load-sites.js';
import { Site } from '../../accounts/sites/types.js';
import { User } from '../../accounts/types.js';
import { loadImages } from '../../images/load-images.js';
import { StoredImage } from '../../images/types.js';
import { loadClasses, loadModelVersions } from '../../models/load-models.js';
import { ModelVersion } from '../../models/types.js';
import type { ClassifyContext } from '../answer-request.js';
import { recordSearch, type SearchContext } from '../authorise-filter.js';
import { requestOf } from '../classify-input.js';
import type { PredictionRow } from '../load-predictions.js';
import { ClassifyInput, Prediction } from '../types.js';
import { addFieldCell } from './add-field-cell.js';
import { boxOf } from '../box-of.js';
import { classifyField } from './classify-field.js';
import { classifyPredictionAsField } from './classify-prediction-as-field.js';
import { listFields } from './list-fields.js';
import {
  type FieldRow,
  findField,
  loadFields,
  loadOutcomesOfFields,
  loadPredictionsOfFields,
  type OutcomeCount,
} from './load-fields.js';
import {
  AddFieldCellInput,
  AddFieldCellPayload,
  CellField,
  ClassifyFieldPayload,
  ClassifyPredictionAsFieldInput,
  FieldConnection,
  FieldCounts,
  FieldFilter,
  Region,
} from './types.js';

@Resolver(() => CellField)
export class FieldsResolver {
  @Query(() => CellField, { nullable: true })
  field(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findField(context, id);
  }

  @Query(() => FieldConnection, { description: 'Fields, newest first.' })
  fields(
    @Ctx() context: SearchContext,
    @Arg('first', () => Int, { nullable: true }) first?: number | null,
    @Arg('after', () => String, { nullable: true }) after?: string | null,
    @Arg('last', () => Int, { nullable: true }) last?: number | null,
    @Arg('before', () => String, { nullable: true }) before?: string | null,
    @Arg('filter', () => FieldFilter, { nullable: true }) filter?: FieldFilter | null,
  ) {
    if (filter) recordSearch(context, filter);
    return listFields(context, { first, after, last, before }, filter ?? {});
  }

  @Mutation(() => ClassifyFieldPayload, {
    description:
      'Classifies the stored image of a prediction as a field, as classifyField does, with the champion of the same model. The field gets the ' +
      "prediction's case reference, file name and site. Use it for an image with the warning SEVERAL_CELLS.",
  })
  classifyPredictionAsField(
    @Ctx() context: ClassifyContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('input', () => ClassifyPredictionAsFieldInput) input: ClassifyPredictionAsFieldInput,
  ) {
    return withUserErrors<{ field: FieldRow; userErrors: UserError[] }>(async () => ({
      field: await classifyPredictionAsField(context, {
        predictionId: input.predictionId,
        clientRequestId: input.clientRequestId ?? idempotencyKeyOf(context, info),
      }),
    }));
  }

  @Mutation(() => ClassifyFieldPayload, {
    description:
      `Finds the cells of a picture and classifies each, at most ${MOST_CELLS}. The field is stored permanently with all of its ` +
      'predictions before the response is sent, or not at all. A picture without cells gives a field without predictions and the ' +
      'warning NO_CELL. Each cell counts as a classification where accounts take turns.',
  })
  classifyField(
    @Ctx() context: ClassifyContext,
    @Arg('image', () => UploadScalar) image: Upload,
    @Info() info: GraphQLResolveInfo,
    @Arg('input', () => ClassifyInput, { nullable: true }) input?: ClassifyInput | null,
  ) {
    return withUserErrors<{ field: FieldRow; userErrors: UserError[] }>(async () => ({
      field: await classifyField(context, {
        readImage: () => readUpload(context, image, context.config.maxUploadBytes),
        ...requestOf(context, info, input),
      }),
    }));
  }

  @Mutation(() => AddFieldCellPayload, {
    description:
      "Adds a cell to a field at a point where the search found none, and classifies it with the field's version. Its region is as " +
      "large as the field's other cells. If no cell can be found there either, the answer is withheld with the warning NO_CELL; if " +
      'the border of the picture cuts the cell off, or the point is far from its centre, with CELL_CUT_OFF.',
  })
  addFieldCell(
    @Ctx() context: ClassifyContext,
    @Arg('input', () => AddFieldCellInput) input: AddFieldCellInput,
  ) {
    return withUserErrors<{ prediction: PredictionRow; field: FieldRow | null; userErrors: UserError[] }>(
      async () => {
        const prediction = await addFieldCell(context, input);
        forgetBatches(context);
        return { prediction, field: await batched(context, loadFields).load(input.fieldId) };
      },
    );
  }

  @FieldResolver(() => User, { nullable: true })
  createdBy(@Root() { createdById }: FieldRow, @Ctx() context: RequestContext) {
    return createdById && batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => Site, {
    nullable: true,
    description: 'The site at which the field was classified. Null if it was sent by a user without a site.',
  })
  site(@Root() { siteId }: FieldRow, @Ctx() context: RequestContext) {
    return siteId && batched(context, loadSites).load(siteId);
  }

  @FieldResolver(() => StoredImage)
  image(@Root() { imageSha256 }: FieldRow, @Ctx() context: RequestContext) {
    return batched(context, loadImages).load(imageSha256);
  }

  @FieldResolver(() => ModelVersion)
  modelVersion(
    @Root() { modelVersionId: id }: FieldRow,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ) {
    return selectsOnlyId(info) ? { id } : batched(context, loadModelVersions).load(id);
  }

  @FieldResolver(() => [Prediction], {
    description:
      'In reading order: from top to bottom and from left to right. Cells that users added come last.',
  })
  async predictions(@Root() { id }: FieldRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadPredictionsOfFields).load(id)) ?? [];
  }

  @FieldResolver(() => FieldCounts)
  async counts(
    @Root() { id, modelVersionId }: FieldRow,
    @Ctx() context: RequestContext,
  ): Promise<FieldCounts> {
    const [outcomes, classes] = await Promise.all([
      batched(context, loadOutcomesOfFields).load(id),
      batched(context, loadClasses).load(modelVersionId),
    ]);
    const total = (counts: readonly OutcomeCount[]) => counts.reduce((sum, { count }) => sum + count, 0);
    const of = (outcome: PredictionOutcome) => outcomes?.filter((group) => group.outcome === outcome) ?? [];
    const classified = of(PredictionOutcome.CLASSIFIED);
    return {
      classified: (classes ?? []).map((label) => ({
        label,
        count: total(classified.filter((group) => group.label === label)),
      })),
      indeterminate: total(of(PredictionOutcome.INDETERMINATE)),
      outOfDistribution: total(of(PredictionOutcome.OUT_OF_DISTRIBUTION)),
    };
  }
}

@Resolver(() => Prediction)
export class PredictionFieldResolver {
  @Needs('read predictions') // a token for classifying is enough to make a prediction
  @FieldResolver(() => CellField, {
    nullable: true,
    description: 'The field that the cell belongs to. Null if the image was classified as a single cell.',
  })
  field(@Root() { fieldId }: PredictionRow, @Ctx() context: RequestContext) {
    return fieldId && batched(context, loadFields).load(fieldId);
  }

  @FieldResolver(() => Region, {
    nullable: true,
    description: 'The box of the cell in the image of its field. Null means the whole image.',
  })
  region(@Root() { region }: PredictionRow) {
    return boxOf(region);
  }

  @Needs('see images')
  @FieldResolver(() => Region, {
    nullable: true,
    description:
      'The part of the image that the version saw. It may reach beyond the image. The evidence map of a cell of a field covers exactly ' +
      'this part. Null for predictions by earlier releases, and for auditors.',
  })
  frame(@Root() { frame }: PredictionRow) {
    return boxOf(frame);
  }

  @Needs('see images')
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'A small JPEG of the cell: the part of the image that the evidence map covers. ?size= is its longest side in pixels, 16 to ' +
      `1,024, by default 160. Null for auditors. ${RELATIVE_URL}`,
  })
  cellImageUrl(@Root() { id }: PredictionRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/predictions/${id}/cell.jpg`);
  }
}
