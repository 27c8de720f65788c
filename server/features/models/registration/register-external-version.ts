import type { Upload } from 'graphql-upload-minimal';
import { authorise } from '../../../api/authorise.js';
import type { RequestContext, Viewer } from '../../../api/context.js';
import { plainText } from '../../../api/plain-text.js';
import { UserErrorCode, type UserErrorException, userError } from '../../../api/user-error.js';
import { type Artifact, ArtifactError } from '../../../artifact/artifact.js';
import { writeArtifact } from '../../../artifact/artifact-store.js';
import type { DatabaseOrTransaction } from '../../../database/client.js';
import { newId } from '../../../database/ids.js';
import { drawDemoCells } from '../../../imaging/demo-cells.js';
import { ModelLoadError, OverloadedError } from '../../../inference/errors.js';
import { interpret } from '../../../decision/interpret.js';
import type { InferencePool } from '../../../inference/pool.js';
import { withReferences } from '../../../inference/references.js';
import { artifactPrefix } from '../../../storage/keys.js';
import { readUpload } from '../../../api/upload/read-upload.js';
import { modelNameProblem } from '../model-name.js';
import { nextVersion, registerModelVersion } from './register-model-version.js';
import type { RegisterModelVersionInput } from './types.js';
import { artifactOfUploads, refusal } from './uploaded-artifact.js';

/** model.json, weights.bin, model.onnx and manifest.json. */
const MOST_FILES = 4;
const LONGEST_DESCRIPTION = 1000;
const LONGEST_CARD = 100_000;
/** The transaction includes writing the artifact: several megabytes, perhaps to a remote store. */
const TRANSACTION_TIMEOUT_MS = 120_000;

/**
 * Registers a version that was trained elsewhere, from its files. It becomes READY only if it meets the same conditions as a
 * version trained here: a valid manifest, matching digests, supported layers, an exact evidence map, an ONNX file exported from
 * these weights, and that it loads and answers on this server. If it has reference images, their outputs must be the same here;
 * otherwise reference images are added, so that later releases can be checked. Nothing is written until all checks have passed.
 */
export async function registerExternalVersion(
  context: RequestContext,
  uploads: Upload[],
  input: RegisterModelVersionInput,
): Promise<{ modelVersionId: string }> {
  const viewer = authorise(context, 'register models');
  const { database, store, config } = context;
  const { maxArtifactBytes } = config;
  if (uploads.length > MOST_FILES) {
    const message = `A model version has at most ${MOST_FILES} files: model.json, weights.bin, model.onnx and manifest.json.`;
    throw userError(UserErrorCode.INVALID, message, ['files']);
  }
  // Read concurrently: a file can only be read after the files before it in the request.
  const reading = uploads.map((upload) =>
    readUpload(context, upload, maxArtifactBytes, () => tooLarge(maxArtifactBytes)),
  );
  const settled = await Promise.allSettled(reading);
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
  const files = await Promise.all(reading);

  const { modelName } = input;
  const nameProblem = modelNameProblem(modelName);
  if (nameProblem) throw userError(UserErrorCode.INVALID, nameProblem, ['input', 'modelName']);
  const description = textOf(input.description, 'A description', 'description', LONGEST_DESCRIPTION);
  const modelCard = textOf(input.modelCard, 'A model card', 'modelCard', LONGEST_CARD);

  const uploaded = artifactOfUploads(files);
  await refuseRegistered(database, modelName, uploaded);
  await checkThatItAnswers(context.inference, uploaded);
  const artifact = await addReferences(uploaded);

  const { manifest, digest } = artifact;
  const version = await database.$transaction(
    async (tx) => {
      const number = await nextVersion(tx, store, modelName);
      await refuseRegistered(tx, modelName, artifact); // again, because adding reference images changes the digest, and it may have been sent twice at once
      await writeArtifact(store, artifactPrefix(modelName, number), artifact);
      return registerModelVersion(tx, {
        modelName,
        version: number,
        manifest,
        digest,
        modelCard: modelCard ?? cardOf(viewer, artifact),
        datasetSnapshotId: await snapshotTrainedOn(context, artifact),
        trainedElsewhere: true,
        createdById: viewer.id,
        description: description ?? `Trained elsewhere, registered by ${viewer.displayName}.`,
      });
    },
    { timeout: TRANSACTION_TIMEOUT_MS },
  );
  return { modelVersionId: version.id };
}

function tooLarge(maxBytes: number): UserErrorException {
  const limit = `${Math.floor(maxBytes / 1024 / 1024)} MB`;
  return userError(UserErrorCode.TOO_LARGE, `A file of a model version must not be larger than ${limit}.`, [
    'files',
  ]);
}

function textOf(
  text: string | null | undefined,
  what: string,
  field: string,
  longest: number,
): string | undefined {
  const trimmed = text?.trim();
  if (!trimmed) return undefined;
  const path = ['input', field];
  if (trimmed.length > longest) {
    throw userError(UserErrorCode.INVALID, `${what} must not be longer than ${longest} characters.`, path);
  }
  return plainText(trimmed, what, path);
}

async function refuseRegistered(
  database: DatabaseOrTransaction,
  modelName: string,
  { digest }: Artifact,
): Promise<void> {
  const known = await database.modelVersion.findFirst({ where: { digest, model: { name: modelName } } });
  if (!known) return;
  throw userError(
    UserErrorCode.CONFLICT,
    `This artifact is already registered as version ${known.version} of ${modelName}, with the digest ${digest}. Use that version.`,
    ['files'],
  );
}

/** Loads the version on this server's inference threads, as a promotion does, and classifies two synthetic cells. */
async function checkThatItAnswers(inference: InferencePool, { manifest, onnx }: Artifact): Promise<void> {
  const trial = newId('mver');
  try {
    await inference.load(trial, manifest, onnx);
    for await (const { bytes } of drawDemoCells({ count: 2, seed: 1 })) {
      const result = await inference.infer(trial, bytes);
      const { confidence, outOfDistributionScore } = interpret(manifest, result);
      if (!Number.isFinite(confidence) || !Number.isFinite(outOfDistributionScore)) {
        throw refusal('manifest.json', [
          `For a synthetic cell, the calibration and out-of-distribution statistics give no valid answer: the logit is ${result.logit}, the probability ${confidence}, the out-of-distribution score ${outOfDistributionScore}. Check both in the manifest.`,
        ]);
      }
    }
  } catch (error) {
    if (error instanceof ModelLoadError)
      throw refusal('manifest.json', [`The version does not load: ${error.message}`]);
    if (error instanceof OverloadedError) {
      throw userError(
        UserErrorCode.OVERLOADED,
        'The server is too busy to test the version. Register it again in a moment.',
      );
    }
    throw error;
  } finally {
    await inference.unload(trial);
  }
}

async function addReferences(uploaded: Artifact): Promise<Artifact> {
  try {
    return await withReferences(uploaded);
  } catch (error) {
    if (!(error instanceof ModelLoadError) && !(error instanceof ArtifactError)) throw error;
    throw refusal('manifest.json', [`The reference images could not be classified: ${error.message}`]);
  }
}

/** The id of the snapshot with the digest that the manifest states, if it is on this server. */
async function snapshotTrainedOn(
  { database }: RequestContext,
  { manifest: { provenance } }: Artifact,
): Promise<string | undefined> {
  if (provenance.snapshotDigest === null) return undefined;
  const snapshot = await database.datasetSnapshot.findFirst({
    where: { digest: provenance.snapshotDigest, status: 'READY' },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true },
  });
  return snapshot?.id;
}

/** A model card for a version without one, from what the manifest states. */
function cardOf({ displayName, email }: Viewer, { manifest: { network, provenance } }: Artifact): string {
  return [
    '# A version that was trained elsewhere',
    '',
    `Registered by ${displayName} (${email}), without a model card.`,
    '',
    `Network: ${network.name}, ${network.parameters} parameters.`,
    `Snapshot trained on: ${provenance.snapshotDigest ?? 'not stated'}.`,
    `Code: ${provenance.codeRevision ?? 'not stated'}.`,
    '',
  ].join('\n');
}
