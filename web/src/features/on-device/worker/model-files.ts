import { z } from 'zod';
import { rulesShape } from '../../../../../server/decision/decision-rules.js';
import type { DeviceVersion } from '../messages.js';

/** The parts of a manifest that the browser needs. The server has checked the whole of it when the version was registered. */
const DeviceManifest = z.object(rulesShape);
export type DeviceManifest = z.infer<typeof DeviceManifest>;

export interface ModelFiles {
  readonly manifest: DeviceManifest;
  /** The TensorFlow.js Layers model. */
  readonly modelJson: unknown;
  readonly weights: ArrayBuffer;
}

/**
 * The files of a version, each checked by its SHA-256: that of the manifest is the version's digest, and the manifest has those of
 * the other files. Files are kept by their SHA-256 for use without a connection, and those of other versions are removed.
 * Rejects with an Error with a readable message if a file cannot be loaded or is not the registered one.
 */
export async function loadModelFiles(version: DeviceVersion, cacheName: string): Promise<ModelFiles> {
  const cache = await caches.open(cacheName);
  const manifestBytes = await loadFile(cache, version, 'manifest.json', version.digest);
  const manifest = DeviceManifest.parse(JSON.parse(textOf(manifestBytes)));
  const { 'model.json': model, 'weights.bin': weights } = manifest.files;
  const [modelJson, weightData] = await Promise.all([
    loadFile(cache, version, 'model.json', model.sha256),
    loadFile(cache, version, 'weights.bin', weights.sha256),
  ]);
  await keepOnly(cache, [version.digest, model.sha256, weights.sha256]);
  return { manifest, modelJson: JSON.parse(textOf(modelJson)), weights: weightData };
}

async function loadFile(
  cache: Cache,
  version: DeviceVersion,
  name: string,
  sha256: string,
): Promise<ArrayBuffer> {
  const kept = await cache.match(addressOf(sha256));
  const keptBytes = await kept?.arrayBuffer();
  if (keptBytes && (await sha256Of(keptBytes)) === sha256) return keptBytes;

  const url = version.files.find((file) => file.name === name)?.url;
  if (url === undefined) throw new Error(`The version has no file ${name}.`);
  const response = await fetch(url).catch(() => null);
  if (!response?.ok)
    throw new Error(
      `The file ${name} of the model could not be loaded from the server. Try again when it can be reached.`,
    );
  const bytes = await response.arrayBuffer();
  if ((await sha256Of(bytes)) !== sha256)
    throw new Error(
      `The file ${name} of the model is not the registered one, so it is not used. Tell an administrator; images can be classified on the server.`,
    );
  await cache.put(addressOf(sha256), new Response(bytes));
  return bytes;
}

/** The address under which a file is kept. It names the content, and nothing is at this address on the server. */
const addressOf = (sha256: string) => `/model-files/${sha256}`;

async function keepOnly(cache: Cache, digests: readonly string[]): Promise<void> {
  for (const request of await cache.keys()) {
    if (!digests.some((sha256) => request.url.endsWith(sha256))) await cache.delete(request);
  }
}

async function sha256Of(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function textOf(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}
