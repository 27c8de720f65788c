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
 * Whether a version can answer at all, up to the first gate that leaves nothing to check: its files are those that were
 * registered, its ONNX file is its weights' network, and it loads and answers on this server, where its reference images
 * give what they gave when it was made. The manifest where all of that is so.
 */
export async function artifactGates(
  { store, served }: Pick<Services, 'store' | 'served'>,
  candidate: Candidate,
): Promise<{ results: GateResult[]; manifest: Manifest | null }> {
  const { result: whole, artifact } = await artifactGate(store, candidate);
  if (!artifact) return { results: [whole], manifest: null };
  const parity = await parityGate(artifact);
  if (!parity.passed) return { results: [whole, parity], manifest: null };
  const loads = await loadsGate(served, candidate);
  if (!loads.passed) return { results: [whole, parity, loads], manifest: null };
  const references = referencesGate(artifact.manifest);
  return { results: [whole, parity, loads, references], manifest: artifact.manifest };
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
    return { gate, passed: true, message: 'The version is loaded and has answered on this server.' };
  } catch (error) {
    if (!(error instanceof ModelLoadError) && !(error instanceof ArtifactError)) throw error;
    return { gate, passed: false, message: error.message };
  }
}

/** A version whose reference images give something else here does not load. This says whether it has any to be checked with. */
export function referencesGate({ references }: Pick<Manifest, 'references'>): GateResult {
  const message = references
    ? `This release answers the ${references.length} reference images of the version as the release that made it.`
    : 'The version has no reference images, because an older release made it: whether this release answers as that one did cannot be checked.';
  return { gate: 'references', passed: true, message };
}
