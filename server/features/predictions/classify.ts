import type { Upload } from 'graphql-upload-minimal';
import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { plainText } from '../../api/plain-text.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { ArtifactError, sha256 as sha256Of } from '../../artifact/artifact.js';
import { newId } from '../../database/ids.js';
import { encodeEvidence } from '../../imaging/evidence-map.js';
import { UnreadableImageError } from '../../imaging/unreadable-image.js';
import { ModelLoadError, OverloadedError } from '../../inference/errors.js';
import { interpret } from '../../inference/interpret.js';
import { imageKey } from '../../storage/keys.js';
import { type Asked, chooseVersion } from './choose-version.js';
import type { PredictionRow } from './load-predictions.js';
import { readUpload, tooLarge } from './read-upload.js';
import { recordPrediction } from './record-prediction.js';
import type { ClassifyInput } from './types.js';

const LONGEST_CASE_REFERENCE = 200;
const LONGEST_FILE_NAME = 255;

export interface ImageToClassify extends Asked {
  bytes: Uint8Array;
  fileName: string | null;
  caseReference: string | null;
}

/** The mutation: reads the upload and classifies it. */
export async function classify(
  context: RequestContext,
  upload: Upload,
  input: ClassifyInput,
): Promise<{ prediction: PredictionRow }> {
  authorise(context, 'classify');
  const prediction = await classifyImage(context, {
    ...(await readUpload(upload, context.config.maxUploadBytes)),
    caseReference: input.caseReference ?? null,
    modelName: input.modelName ?? null,
    modelVersionId: input.modelVersionId ?? null,
  });
  return { prediction };
}

/**
 * Classifies an image and keeps both: when this returns, the image is in the object store and the prediction in the
 * database. An image that cannot be read leaves nothing behind.
 */
export async function classifyImage(context: RequestContext, image: ImageToClassify): Promise<PredictionRow> {
  const begin = performance.now();
  const viewer = authorise(context, 'classify');
  const { bytes } = image;
  if (bytes.byteLength > context.config.maxUploadBytes) throw tooLarge(context.config.maxUploadBytes);
  const caseReference = validCaseReference(image.caseReference);
  const fileName = baseName(image.fileName);
  const versionId = await chooseVersion(context, image);

  const sha256 = sha256Of(bytes);
  const { result, answer } = await answerOf(context, versionId, bytes);
  await context.store.putOnce(imageKey(sha256), bytes, result.image.mediaType);

  return recordPrediction(context, {
    image: { sha256, ...result.image, byteSize: bytes.byteLength },
    prediction: {
      id: newId('pred'),
      createdById: viewer.id,
      caseReference,
      fileName,
      imageSha256: sha256,
      modelVersionId: versionId,
      outcome: answer.outcome,
      label: answer.label,
      confidence: answer.confidence,
      probabilities: answer.probabilities.map(({ probability }) => probability),
      outOfDistributionScore: answer.outOfDistributionScore,
      qualityWarnings: result.qualityWarnings,
      ...result.timing,
      totalMs: performance.now() - begin,
    },
    evidence: encodeEvidence(result.evidence),
  });
}

async function answerOf({ served, inference }: RequestContext, versionId: string, bytes: Uint8Array) {
  try {
    return await served.use(versionId, async ({ manifest }) => {
      const result = await inference.infer(versionId, bytes);
      return { result, answer: interpret(manifest, result.logit, result.embedding) };
    });
  } catch (error) {
    if (error instanceof UnreadableImageError) {
      throw userError(UserErrorCode.UNREADABLE_IMAGE, error.message, ['image']);
    }
    if (error instanceof OverloadedError) {
      throw userError(UserErrorCode.OVERLOADED, 'Too many images wait already: send it again in a moment.');
    }
    if (error instanceof ArtifactError || error instanceof ModelLoadError) {
      throw userError(
        UserErrorCode.NO_ACTIVE_MODEL,
        `That version does not load on this server: ${error.message}`,
        ['input', 'modelVersionId'],
      );
    }
    throw error;
  }
}

function validCaseReference(caseReference: string | null): string | null {
  const trimmed = caseReference?.trim() || null;
  if (trimmed === null) return null;
  const field = ['input', 'caseReference'];
  if (trimmed.length > LONGEST_CASE_REFERENCE) {
    throw userError(
      UserErrorCode.INVALID,
      `A case reference has at most ${LONGEST_CASE_REFERENCE} characters.`,
      field,
    );
  }
  return plainText(trimmed, 'A case reference', field);
}

/** What people would call the file: no folders, nothing that no file system lets through, and not endless. */
function baseName(fileName: string | null): string | null {
  const name = fileName?.split(/[/\\]/).at(-1)?.trim().slice(-LONGEST_FILE_NAME);
  return !name || hasControlCharacters(name) ? null : name;
}
