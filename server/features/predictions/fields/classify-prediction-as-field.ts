import { requireId } from '../../../api/argument-rules.js';
import { authorise } from '../../../api/authorise.js';
import { batched } from '../../../api/batched.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import { readVerifiedImage } from '../../images/image-file.js';
import { loadModels, loadModelVersions } from '../../models/load-models.js';
import type { ClassifyContext } from '../answer-request.js';
import { loadPredictions } from '../load-predictions.js';
import { classifyField } from './classify-field.js';
import type { FieldRow } from './load-fields.js';

const FIELD = ['input', 'predictionId'];

/**
 * Classifies the stored image of a prediction as a field, with the champion of the same model. The field gets the prediction's case
 * reference, file name and site. The prediction stays as it is.
 * User errors: NOT_FOUND; INVALID for a prediction that is a cell of a field; those of {@link classifyField}.
 */
export async function classifyPredictionAsField(
  context: ClassifyContext,
  { predictionId, clientRequestId }: { predictionId: string; clientRequestId: string | null },
): Promise<FieldRow> {
  authorise(context, 'classify');
  requireId('pred', predictionId, FIELD);
  const prediction = await batched(context, loadPredictions).load(predictionId);
  if (!prediction) throw userError(UserErrorCode.NOT_FOUND, 'There is no such prediction.', FIELD);
  const { fieldId, imageSha256, fileName, caseReference, siteId, modelVersionId } = prediction;
  if (fieldId !== null) {
    const message = `This prediction is a cell of a field already: ${fieldId}.`;
    throw userError(UserErrorCode.INVALID, message, FIELD);
  }
  const version = await batched(context, loadModelVersions).load(modelVersionId);
  const model = version && (await batched(context, loadModels).load(version.modelId));
  return classifyField(
    context,
    {
      readImage: async () => ({ bytes: await readVerifiedImage(context, imageSha256), fileName }),
      ...{ caseReference, siteId, clientRequestId },
      ...{ modelName: model?.name ?? null, modelVersionId: null },
    },
    predictionId,
  );
}
