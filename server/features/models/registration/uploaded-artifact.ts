import { z } from 'zod';
import { hasControlCharacters } from '../../../api/control-characters.js';
import { type UserError, UserErrorCode, UserErrorException } from '../../../api/user-error.js';
import {
  type Artifact,
  ArtifactError,
  parseManifest,
  sealArtifact,
  sha256,
} from '../../../artifact/artifact.js';
import { faultsOfCost } from '../../../artifact/check-cost.js';
import { faultsOfDescription } from '../../../artifact/check-manifest.js';
import { describeNetwork, exportOnnx } from '../../../artifact/export-onnx.js';
import { LayersModelError } from '../../../artifact/layers-model.js';
import type { Manifest } from '../../../artifact/manifest.js';

const REQUIRED = ['manifest.json', 'model.json', 'weights.bin'] as const;
const ALLOWED = [...REQUIRED, 'model.onnx'] as const;
type FileName = (typeof ALLOWED)[number];

/** In bytes. No manifest or topology is larger, and parsing a larger file would block the server. */
const LARGEST_JSON = 10 * 1024 * 1024;
const LONGEST_LABEL = 100;

export interface UploadedFile {
  bytes: Buffer;
  fileName: string | null;
}

/**
 * Builds the artifact from the uploaded files, with every check that needs only the files: the manifest's schema, the SHA-256 of each
 * file, supported layers, the computing cost of the network, and a manifest that matches the network. `model.onnx` is always
 * exported here. An uploaded `model.onnx` must be identical to the exported one, because an ONNX file can contain any program, and a
 * few test images would not show how it treats all others. Throws a user error for each fault of the first check that fails.
 */
export function artifactOfUploads(uploads: readonly UploadedFile[]): Artifact {
  const files = filesByName(uploads);
  const json = parseJson(files);
  const claims = claimsOf(json);
  refuseMismatchedFiles(files, claims);

  const modelJson = fileOf(files, 'model.json');
  const weights = fileOf(files, 'weights.bin');
  const network = refuseUnsupported(() => describeNetwork(modelJson, weights));
  const costs = faultsOfCost(network);
  if (costs.length > 0) throw refusal('model.json', costs);
  const onnx = exportOnnx(modelJson, weights);
  refuseInvalidText(claims);
  const { files: _files, ...manifest } = claims;
  const artifact = sealArtifact(manifest, { modelJson, weights, onnx });

  const sent = files.get('model.onnx');
  const exported = artifact.manifest.files['model.onnx'];
  for (const other of [json.files['model.onnx'], sent && descriptionOf(sent)]) {
    if (!other || isSameFile(other, exported)) continue;
    throw refusal('model.onnx', [
      `The model.onnx with the SHA-256 ${other.sha256} differs from the file that this server exports from model.json and weights.bin, whose SHA-256 is ${exported.sha256}. Remove model.onnx from the files and from the manifest.`,
    ]);
  }
  const faults = faultsOfDescription(artifact.manifest, network);
  if (faults.length > 0) throw refusal('manifest.json', faults);
  return artifact;
}

function filesByName(uploads: readonly UploadedFile[]): Map<FileName, Buffer> {
  const files = new Map<FileName, Buffer>();
  const faults: string[] = [];
  for (const { bytes, fileName } of uploads) {
    const name = ALLOWED.find((allowed) => allowed === fileName);
    if (!name)
      faults.push(`A file is named '${fileName ?? ''}'. The file names must be ${ALLOWED.join(', ')}.`);
    else if (files.has(name)) faults.push(`There are two files named ${name}. Send each file once.`);
    else files.set(name, bytes);
  }
  for (const name of REQUIRED) {
    if (!files.has(name)) faults.push(`The file ${name} is missing.`);
    else if (name.endsWith('.json') && fileOf(files, name).byteLength > LARGEST_JSON) {
      faults.push(`${name} is larger than ${LARGEST_JSON / 1024 / 1024} MB. Weights must be in weights.bin.`);
    }
  }
  if (faults.length > 0) throw refusal(null, faults);
  return files;
}

function fileOf(files: ReadonlyMap<FileName, Buffer>, name: FileName): Buffer {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`${name} is missing, which filesByName should have refused.`);
  return bytes;
}

const FileClaim = z.object({ sha256: z.string(), byteSize: z.number() });
/** Only the part that is needed to fill in `model.onnx`. The manifest's own schema checks the rest. */
const ManifestJson = z.looseObject({ files: z.looseObject({ 'model.onnx': FileClaim.optional() }) });
type ManifestJson = z.infer<typeof ManifestJson>;

function parseJson(files: ReadonlyMap<FileName, Buffer>): ManifestJson {
  let json: unknown;
  try {
    json = JSON.parse(fileOf(files, 'manifest.json').toString('utf8'));
  } catch {
    throw refusal('manifest.json', ['The file is not valid JSON.']);
  }
  const manifest = ManifestJson.safeParse(json);
  if (manifest.success) return manifest.data;
  throw refusal('manifest.json', [`The file is not a model manifest:\n${z.prettifyError(manifest.error)}`]);
}

/** Parses the manifest, with a placeholder for `model.onnx` if the manifest leaves it out. */
function claimsOf(json: ManifestJson): Manifest {
  const placeholder = { sha256: '0'.repeat(64), byteSize: 1 };
  try {
    return parseManifest({ ...json, files: { 'model.onnx': placeholder, ...json.files } });
  } catch (error) {
    if (error instanceof ArtifactError) throw refusal('manifest.json', [error.message]);
    throw error;
  }
}

/** Postgres can store neither NUL nor half of a surrogate pair, and class names are shown on screens. */
function refuseInvalidText(claims: Manifest): void {
  const faults: string[] = [];
  if (/\\u(0000|d[89a-f])/i.test(JSON.stringify(claims))) {
    faults.push('A text contains the character NUL or half of a surrogate pair. Remove these characters.');
  }
  if (claims.classes.some((label) => label.length > LONGEST_LABEL || hasControlCharacters(label))) {
    faults.push(`A class name must be plain text of at most ${LONGEST_LABEL} characters.`);
  }
  if (faults.length > 0) throw refusal('manifest.json', faults);
}

/** model.json and weights.bin must have the size and the SHA-256 that the manifest states. */
function refuseMismatchedFiles(files: ReadonlyMap<FileName, Buffer>, claims: Manifest): void {
  const faults = (['model.json', 'weights.bin'] as const).flatMap((name) => {
    const [claim, actual] = [claims.files[name], descriptionOf(fileOf(files, name))];
    if (isSameFile(actual, claim)) return [];
    return [
      `${name} has ${actual.byteSize} bytes and the SHA-256 ${actual.sha256}, but the manifest states ${claim.byteSize} bytes and ${claim.sha256}.`,
    ];
  });
  if (faults.length > 0) throw refusal('manifest.json', faults);
}

function descriptionOf(bytes: Buffer): { sha256: string; byteSize: number } {
  return { sha256: sha256(bytes), byteSize: bytes.byteLength };
}

function refuseUnsupported<T>(translate: () => T): T {
  try {
    return translate();
  } catch (error) {
    if (error instanceof LayersModelError) throw refusal('model.json', [error.message]);
    throw error;
  }
}

function isSameFile(one: { sha256: string; byteSize: number }, other: typeof one): boolean {
  return one.sha256 === other.sha256 && one.byteSize === other.byteSize;
}

/** A user error per fault. @param file the file with the faults; null: the list of files itself is wrong */
export function refusal(file: FileName | null, faults: readonly string[]): UserErrorException {
  const field = file === null ? ['files'] : ['files', file];
  const errors: UserError[] = faults.map((message) => ({ code: UserErrorCode.INVALID, field, message }));
  return new UserErrorException(errors);
}
