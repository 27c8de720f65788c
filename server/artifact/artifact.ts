import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ArtifactFile, Manifest, manifestDigest } from './manifest.js';

/** All files of a model version. Immutable; verified whenever it is read from a store. */
export interface Artifact {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest's canonical JSON. */
  readonly digest: string;
  /** The TensorFlow.js Layers model: topology and weights manifest, as JSON text. */
  readonly modelJson: Uint8Array;
  readonly weights: Uint8Array;
  readonly onnx: Uint8Array;
}

export type ArtifactBytes = Pick<Artifact, 'modelJson' | 'weights' | 'onnx'>;

/** The artifact in the store is damaged or incomplete; `message` says which file and why. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}

/** Assembles an artifact: adds the file descriptions to the manifest and computes its digest. Throws ArtifactError. */
export function sealArtifact(manifest: Omit<Manifest, 'files'>, bytes: ArtifactBytes): Artifact {
  const file = (name: ArtifactFile) => {
    const content = contentOf(bytes, name);
    return { sha256: sha256(content), byteSize: content.byteLength };
  };
  const sealed = parseManifest({
    ...manifest,
    files: {
      'model.json': file('model.json'),
      'weights.bin': file('weights.bin'),
      'model.onnx': file('model.onnx'),
    },
  });
  return { manifest: sealed, digest: manifestDigest(sealed), ...bytes };
}

/** Parses a manifest. Throws ArtifactError that says what is wrong with it. */
export function parseManifest(value: unknown): Manifest {
  const result = Manifest.safeParse(value);
  if (result.success) return result.data;
  throw new ArtifactError(`manifest.json is not a model manifest:\n${z.prettifyError(result.error)}`);
}

/** The content of one of the artifact's files. */
export function contentOf({ modelJson, weights, onnx }: ArtifactBytes, name: ArtifactFile): Uint8Array {
  return { 'model.json': modelJson, 'weights.bin': weights, 'model.onnx': onnx }[name];
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
