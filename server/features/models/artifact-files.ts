import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { modelFileFault } from '../../api/errors.js';
import { sha256 } from '../../artifact/artifact.js';
import { ARTIFACT_FILES, type Manifest, manifestBytes } from '../../artifact/manifest.js';
import { isId } from '../../database/ids.js';
import { artifactPrefix } from '../../storage/keys.js';
import { ObjectStoreError } from '../../storage/object-store.js';
import { loadManifests } from './load-models.js';
import type { ArtifactFile } from './types.js';

const MEDIA_TYPES: Record<string, string> = {
  'manifest.json': 'application/json',
  'model.json': 'application/json',
  'weights.bin': 'application/octet-stream',
  'model.onnx': 'application/octet-stream',
};

/** The names of all files that a version can have. */
export const MODEL_FILE_NAMES = Object.keys(MEDIA_TYPES);

/** The files of a version's artifact, with the names that {@link modelFile} accepts. */
export function artifactFiles(manifest: Manifest, digest: string): Omit<ArtifactFile, 'url'>[] {
  const file = (name: string, sha256: string, byteSize: number) => ({ name, sha256, byteSize });
  return [
    ...ARTIFACT_FILES.map((name) => file(name, manifest.files[name].sha256, manifest.files[name].byteSize)),
    // The digest is the SHA-256 of the bytes of manifest.json.
    file('manifest.json', digest, manifestBytes(manifest).byteLength),
  ];
}

/**
 * A file of a version's artifact, for viewers who may read models. Null if the version has no file of that name.
 * @throws GraphQLError MODEL_FILE_MISSING or MODEL_FILE_DAMAGED if the object store no longer has the registered bytes, because
 *   the client would run the file. ObjectStoreError
 */
export async function modelFile(
  context: RequestContext,
  versionId: string,
  name: string,
): Promise<{ bytes: Uint8Array; mediaType: string; sha256: string } | null> {
  authorise(context, 'read models');
  const mediaType = MEDIA_TYPES[name];
  if (!isId('mver', versionId) || !mediaType) return null;

  const version = await context.database.modelVersion.findUnique({
    where: { id: versionId },
    select: { version: true, digest: true, model: { select: { name: true } } },
  });
  const manifest = (await loadManifests(context.database, [versionId])).get(versionId);
  if (!version || !manifest) return null;
  const file = artifactFiles(manifest, version.digest).find((file) => file.name === name);
  if (!file) return null;

  const bytes = await readVerified(context, { ...file, version });
  return { bytes, mediaType, sha256: file.sha256 };
}

async function readVerified(
  { store, log, signal }: RequestContext,
  file: { name: string; sha256: string; version: { version: number; model: { name: string } } },
): Promise<Buffer> {
  const { model, version } = file.version;
  const key = artifactPrefix(model.name, version) + file.name;
  const refuse = (fault: 'MISSING' | 'DAMAGED', reason: string, cause?: unknown) => {
    log.error(
      { err: cause, object: store.uri(key) },
      'A model file is missing or damaged, so it was not sent',
    );
    return modelFileFault(
      fault,
      `The file ${file.name} of version ${version} of the model '${model.name}' ${reason} ` +
        'Restore it from a backup of the object store.',
    );
  };
  const bytes = await store.get(key, { signal }).catch((error: unknown) => {
    const reason = error instanceof ObjectStoreError ? error.reason : null;
    if (reason === 'NOT_FOUND') throw refuse('MISSING', 'is missing from the object store.', error);
    if (reason === 'DAMAGED') throw refuse('DAMAGED', 'is damaged: it cannot be decrypted.', error);
    throw error;
  });
  if (sha256(bytes) === file.sha256) return bytes;
  throw refuse('DAMAGED', 'is damaged: its content in the object store differs from what was registered.');
}
