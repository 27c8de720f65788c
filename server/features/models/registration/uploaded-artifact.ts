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

const NEEDED = ['manifest.json', 'model.json', 'weights.bin'] as const;
const ALLOWED = [...NEEDED, 'model.onnx'] as const;
type FileName = (typeof ALLOWED)[number];

/** A JSON file that is larger than this is no manifest and no topology, and would hold up the server to parse. */
const LARGEST_JSON = 10 * 1024 * 1024;
const LONGEST_LABEL = 100;

export interface UploadedFile {
  bytes: Buffer;
  fileName: string | null;
}

/**
 * The artifact that the files are, with every check that needs nothing but them: the manifest's form, the SHA-256 of each
 * file, layers that are supported, a network that a server can bear, and a description that the network bears out.
 * `model.onnx` is always exported here: one that comes along must be that very file, since an ONNX file can hold any program,
 * and a few test images would not show what it does with all others. Ends the operation with the faults of the first check
 * that finds any.
 */
export function artifactOfUploads(uploads: readonly UploadedFile[]): Artifact {
  const files = filesByName(uploads);
  const json = parseJson(files);
  const claims = claimsOf(json);
  refuseOtherBytes(files, claims);

  const modelJson = fileOf(files, 'model.json');
  const weights = fileOf(files, 'weights.bin');
  const network = supported(() => describeNetwork(modelJson, weights));
  const costs = faultsOfCost(network);
  if (costs.length > 0) throw refusal('model.json', costs);
  const onnx = exportOnnx(modelJson, weights);
  refuseUnkeepableText(claims);
  const { files: _files, ...manifest } = claims;
  const artifact = sealArtifact(manifest, { modelJson, weights, onnx });

  const sent = files.get('model.onnx');
  const exported = artifact.manifest.files['model.onnx'];
  for (const other of [json.files['model.onnx'], sent && descriptionOf(sent)]) {
    if (!other || isSameFile(other, exported)) continue;
    throw refusal('model.onnx', [
      `A model.onnx of the SHA-256 ${other.sha256} is not what model.json and weights.bin export to here, which has ${exported.sha256}. Leave it out, of the manifest too.`,
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
    if (!name) faults.push(`A file is called '${fileName ?? ''}': send ${ALLOWED.join(', ')}.`);
    else if (files.has(name)) faults.push(`There are two files called ${name}.`);
    else files.set(name, bytes);
  }
  for (const name of NEEDED) {
    if (!files.has(name)) faults.push(`${name} is missing.`);
    else if (name.endsWith('.json') && fileOf(files, name).byteLength > LARGEST_JSON) {
      faults.push(
        `${name} has more than ${LARGEST_JSON / 1024 / 1024} MB: the weights belong into weights.bin.`,
      );
    }
  }
  if (faults.length > 0) throw refusal(null, faults);
  return files;
}

function fileOf(files: ReadonlyMap<FileName, Buffer>, name: FileName): Buffer {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`${name} was not checked to be there.`);
  return bytes;
}

const FileClaim = z.object({ sha256: z.string(), byteSize: z.number() });
/** As far as it is needed to fill in `model.onnx`; the rest is the manifest's own schema's to check. */
const ManifestJson = z.looseObject({ files: z.looseObject({ 'model.onnx': FileClaim.optional() }) });
type ManifestJson = z.infer<typeof ManifestJson>;

function parseJson(files: ReadonlyMap<FileName, Buffer>): ManifestJson {
  let json: unknown;
  try {
    json = JSON.parse(fileOf(files, 'manifest.json').toString('utf8'));
  } catch {
    throw refusal('manifest.json', ['It is not JSON.']);
  }
  const manifest = ManifestJson.safeParse(json);
  if (manifest.success) return manifest.data;
  throw refusal('manifest.json', [`It is not a model manifest:\n${z.prettifyError(manifest.error)}`]);
}

/** The manifest, by its schema; with a stand-in for the `model.onnx` that it leaves out. */
function claimsOf(json: ManifestJson): Manifest {
  const standIn = { sha256: '0'.repeat(64), byteSize: 1 };
  try {
    return parseManifest({ ...json, files: { 'model.onnx': standIn, ...json.files } });
  } catch (error) {
    if (error instanceof ArtifactError) throw refusal('manifest.json', [error.message]);
    throw error;
  }
}

/** Postgres keeps neither NUL nor halves of surrogate pairs, and a class is a word on a screen. */
function refuseUnkeepableText(claims: Manifest): void {
  const faults: string[] = [];
  if (/\\u(0000|d[89a-f])/i.test(JSON.stringify(claims))) {
    faults.push('A text in it has the character NUL or half of a surrogate pair: leave those out.');
  }
  if (claims.classes.some((label) => label.length > LONGEST_LABEL || hasControlCharacters(label))) {
    faults.push(`A class is plain text of at most ${LONGEST_LABEL} characters.`);
  }
  if (faults.length > 0) throw refusal('manifest.json', faults);
}

/** What the network is made from is to have the size and the SHA-256 that the manifest names. */
function refuseOtherBytes(files: ReadonlyMap<FileName, Buffer>, claims: Manifest): void {
  const faults = (['model.json', 'weights.bin'] as const).flatMap((name) => {
    const [claim, actual] = [claims.files[name], descriptionOf(fileOf(files, name))];
    if (isSameFile(actual, claim)) return [];
    return [
      `${name} has ${actual.byteSize} bytes and the SHA-256 ${actual.sha256}; the manifest says ${claim.byteSize} and ${claim.sha256}.`,
    ];
  });
  if (faults.length > 0) throw refusal('manifest.json', faults);
}

function descriptionOf(bytes: Buffer): { sha256: string; byteSize: number } {
  return { sha256: sha256(bytes), byteSize: bytes.byteLength };
}

function supported<T>(translate: () => T): T {
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

/** @param file the file that is to be changed; null: which files there are */
export function refusal(file: FileName | null, faults: readonly string[]): UserErrorException {
  const field = file === null ? ['files'] : ['files', file];
  const errors: UserError[] = faults.map((message) => ({ code: UserErrorCode.INVALID, field, message }));
  return new UserErrorException(errors);
}
