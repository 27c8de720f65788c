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
import { interpret } from '../../../inference/interpret.js';
import type { InferencePool } from '../../../inference/pool.js';
import { withReferences } from '../../../inference/references.js';
import { artifactPrefix } from '../../../storage/keys.js';
import { readUpload } from '../../../api/upload/read-upload.js';
import { modelNameProblem } from '../model-name.js';
import { nextVersion, registerModelVersion } from './register-model-version.js';
import type { RegisterModelVersionInput } from './types.js';
import { artifactOfUploads, refusal } from './uploaded-artifact.js';

const LONGEST_DESCRIPTION = 1000;
const LONGEST_CARD = 100_000;
/** Writing the artifact is part of it: some megabytes, perhaps to a distant store. */
const TRANSACTION_TIMEOUT_MS = 120_000;

/**
 * Registers a version that was trained elsewhere, from its files. READY only where all holds that holds of a version trained
 * here: manifest, digests, supported layers, exact evidence, an ONNX file of those weights, and that it loads and answers on
 * this server. Reference images are added where it has none, so that later releases can be checked; those that it has must give
 * here what it says.
 * Nothing is written before.
 */
export async function registerExternalVersion(
  context: RequestContext,
  uploads: Upload[],
  input: RegisterModelVersionInput,
): Promise<{ modelVersionId: string }> {
  const viewer = authorise(context, 'register models');
  const { database, store, config } = context;
  const { maxArtifactBytes } = config;
  // All at once: a file can only be read when those before it in the request have been.
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
  await refuseKnown(database, modelName, uploaded);
  await proveThatItAnswers(context.inference, uploaded);
  const artifact = await addReferences(uploaded);

  const { manifest, digest } = artifact;
  const version = await database.$transaction(
    async (tx) => {
      const number = await nextVersion(tx, store, modelName);
      await refuseKnown(tx, modelName, artifact); // again: it has its reference images now, or was sent twice at once
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
  return userError(UserErrorCode.TOO_LARGE, `A file of a model version may have at most ${limit}.`, [
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
    throw userError(UserErrorCode.INVALID, `${what} has at most ${longest} characters.`, path);
  }
  return plainText(trimmed, what, path);
}

async function refuseKnown(
  database: DatabaseOrTransaction,
  modelName: string,
  { digest }: Artifact,
): Promise<void> {
  const known = await database.modelVersion.findFirst({ where: { digest, model: { name: modelName } } });
  if (!known) return;
  throw userError(
    UserErrorCode.CONFLICT,
    `Version ${known.version} of ${modelName} is this very artifact, by the digest ${digest}: use that one.`,
    ['files'],
  );
}

/** Loads it on this server's threads, as a promotion would, and has it answer two drawn cells. */
async function proveThatItAnswers(inference: InferencePool, { manifest, onnx }: Artifact): Promise<void> {
  const trial = newId('mver');
  try {
    await inference.load(trial, manifest, onnx);
    for await (const { bytes } of drawDemoCells({ count: 2, seed: 1 })) {
      const { logit, embedding } = await inference.infer(trial, bytes);
      const { confidence, outOfDistributionScore } = interpret(manifest, logit, embedding);
      if (!Number.isFinite(confidence) || !Number.isFinite(outOfDistributionScore)) {
        throw refusal('manifest.json', [
          `Of a drawn cell it gives the logit ${logit}, from which calibration and out-of-distribution statistics make no answer: the probability is ${confidence}, the score ${outOfDistributionScore}.`,
        ]);
      }
    }
  } catch (error) {
    if (error instanceof ModelLoadError)
      throw refusal('manifest.json', [`It does not load: ${error.message}`]);
    if (error instanceof OverloadedError) {
      throw userError(
        UserErrorCode.OVERLOADED,
        'Too many images wait for this server to try the version on one: register it again in a moment.',
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
    throw refusal('manifest.json', [`It gives no answers that could be kept: ${error.message}`]);
  }
}

/** Where it is on this server, by the digest that the manifest names. */
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

/** For a version that came without one: what is known of it here. */
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
