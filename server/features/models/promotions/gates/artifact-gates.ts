import type { Services } from '../../../../api/context.js';
import { type Artifact, ArtifactError } from '../../../../artifact/artifact.js';
import { readArtifact } from '../../../../artifact/artifact-store.js';
import type { Manifest } from '../../../../artifact/manifest.js';
import { onnxParity } from '../../../../artifact/onnx-parity.js';
import { ModelLoadError } from '../../../../inference/errors.js';
import { artifactPrefix } from '../../../../storage/keys.js';
import type { GateResult } from '../types.js';
import type { Candidate } from './candidate.js';

/**
 * Checks that a version can answer, and stops at the first failure: its files are those that were registered; its ONNX file
 * computes the same as its TensorFlow.js weights; it loads and answers on this server, with the recorded outputs for its reference
 * images. Returns the manifest if all these gates pass, otherwise null.
 */
export async function artifactGates(
  { store, served }: Pick<Services, 'store' | 'served'>,
  candidate: Candidate,
): Promise<{ results: GateResult[]; manifest: Manifest | null }> {
  const { result: intact, artifact } = await artifactGate(store, candidate);
  if (!artifact) return { results: [intact], manifest: null };
  const parity = await parityGate(artifact);
  if (!parity.passed) return { results: [intact, parity], manifest: null };
  const loads = await loadsGate(served, candidate);
  if (!loads.passed) return { results: [intact, parity, loads], manifest: null };
  const references = referencesGate(artifact.manifest);
  return { results: [intact, parity, loads, references], manifest: artifact.manifest };
}

async function artifactGate(
  store: Services['store'],
  { model, version, digest }: Candidate,
): Promise<{ result: GateResult; artifact?: Artifact }> {
  const gate = 'artifact';
  try {
    const artifact = await readArtifact(store, artifactPrefix(model.name, version), digest);
    const message = 'Every file of the artifact has the SHA-256 that was registered.';
    return { result: { gate, passed: true, message }, artifact };
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    return { result: { gate, passed: false, message: error.message } };
  }
}

export async function parityGate(artifact: Artifact): Promise<GateResult> {
  const { agrees, message, difference } = await onnxParity(artifact);
  return { gate: 'parity', passed: agrees, message, observed: difference };
}

async function loadsGate(served: Services['served'], { id }: Candidate): Promise<GateResult> {
  const gate = 'loads';
  try {
    await served.use(id, async () => undefined);
    return {
      gate,
      passed: true,
      message: 'The version was loaded and gave a test prediction on this server.',
    };
  } catch (error) {
    if (!(error instanceof ModelLoadError) && !(error instanceof ArtifactError)) throw error;
    return { gate, passed: false, message: error.message };
  }
}

/** Always passes, and reports whether the version has reference images. If their outputs differ here, the version does not load, so the 'loads' gate fails. */
export function referencesGate({ references }: Pick<Manifest, 'references'>): GateResult {
  const message = references
    ? `This release gives the same outputs for the version's ${references.length} reference images as the release that created it.`
    : 'The version has no reference images, because it was created by an older release. Whether this release gives the same outputs cannot be checked.';
  return { gate: 'references', passed: true, message };
}
