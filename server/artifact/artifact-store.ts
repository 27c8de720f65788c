import { type ObjectStore, ObjectStoreError } from '../storage/object-store.js';
import { type Artifact, ArtifactError, contentOf, parseManifest, sha256 } from './artifact.js';
import {
  ARTIFACT_FILES,
  type ArtifactFile,
  type Manifest,
  manifestBytes,
  manifestDigest,
} from './manifest.js';

/**
 * Writes the artifact below `prefix` ('models/NAME/VERSION/'). The manifest is written last, so an artifact with a manifest
 * is complete. Writing the same artifact again changes nothing. Throws ArtifactError if a file exists with other content.
 */
export async function writeArtifact(store: ObjectStore, prefix: string, artifact: Artifact): Promise<void> {
  for (const name of ARTIFACT_FILES) {
    await writeFileOnce(store, prefix + name, contentOf(artifact, name), MEDIA_TYPES[name]);
  }
  await writeFileOnce(store, `${prefix}manifest.json`, manifestBytes(artifact.manifest), 'application/json');
}

const MEDIA_TYPES: Record<ArtifactFile, string> = {
  'model.json': 'application/json',
  'weights.bin': 'application/octet-stream',
  'model.onnx': 'application/octet-stream',
};

/**
 * The artifact below `prefix`, with every byte verified: the manifest against the digest, the files against the
 * manifest.
 *
 * @param expectedDigest as the registry recorded it; null only where there is no record yet, when registering
 * @throws ArtifactError, which names the file, if one is missing, has another size or SHA-256, or is not a manifest
 */
export async function readArtifact(
  store: ObjectStore,
  prefix: string,
  expectedDigest: string | null,
): Promise<Artifact> {
  const manifestJson = await readFile(store, `${prefix}manifest.json`);
  const manifest = parseManifest(parseJson(manifestJson));
  const digest = manifestDigest(manifest);
  if (expectedDigest !== null && digest !== expectedDigest) {
    throw new ArtifactError(
      `manifest.json has the digest ${digest}; the version was registered with ${expectedDigest}.`,
    );
  }

  const [modelJson, weights, onnx] = await Promise.all([
    readVerified(store, prefix, 'model.json', manifest),
    readVerified(store, prefix, 'weights.bin', manifest),
    readVerified(store, prefix, 'model.onnx', manifest),
  ]);
  return { manifest, digest, modelJson, weights, onnx };
}

async function readVerified(store: ObjectStore, prefix: string, name: ArtifactFile, manifest: Manifest) {
  const content = await readFile(store, prefix + name);
  const expected = manifest.files[name];
  if (content.byteLength !== expected.byteSize) {
    throw new ArtifactError(
      `${name} has ${content.byteLength} bytes; the manifest says ${expected.byteSize}.`,
    );
  }
  const actual = sha256(content);
  if (actual !== expected.sha256) {
    throw new ArtifactError(`${name} has the SHA-256 ${actual}; the manifest says ${expected.sha256}.`);
  }
  return content;
}

async function readFile(store: ObjectStore, key: string): Promise<Buffer> {
  try {
    return await store.get(key);
  } catch (error) {
    if (error instanceof ObjectStoreError && error.reason === 'NOT_FOUND') {
      throw new ArtifactError(`${store.uri(key)} is missing.`, { cause: error });
    }
    if (error instanceof ObjectStoreError && error.reason === 'DAMAGED') {
      throw new ArtifactError(error.message, { cause: error });
    }
    throw error;
  }
}

async function writeFileOnce(
  store: ObjectStore,
  key: string,
  content: Uint8Array,
  mediaType: string,
): Promise<void> {
  if ((await store.putOnce(key, content, mediaType)) === 'created') return;
  if (sha256(await store.get(key)) !== sha256(content)) {
    throw new ArtifactError(
      `${store.uri(key)} is already there with other content; an artifact is never changed.`,
    );
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ArtifactError('manifest.json is not JSON.', { cause: error });
  }
}
