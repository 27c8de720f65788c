import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFolderStore } from '../storage/folder-store.js';
import type { ObjectStore } from '../storage/object-store.js';
import { ArtifactError } from './artifact.js';
import { readArtifact, writeArtifact } from './artifact-store.js';
import { manifestBytes } from './manifest.js';
import { randomArtifact } from './testing.js';

const PREFIX = 'models/blasts/3/';
const artifact = randomArtifact();
let folder: string;
let store: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'artifact-'));
  store = openFolderStore(folder);
});
afterEach(async () => {
  store.close();
  await rm(folder, { recursive: true });
});

const file = (name: string) => path.join(folder, PREFIX, name);
const damage = async (name: string, change: (bytes: Buffer) => Buffer) =>
  writeFile(file(name), change(await readFile(file(name))));

describe('writeArtifact, then readArtifact', () => {
  it('gives back the artifact, with or without the digest known beforehand', async () => {
    await writeArtifact(store, PREFIX, artifact);
    for (const expected of [artifact.digest, null]) {
      const read = await readArtifact(store, PREFIX, expected);
      expect(read.manifest).toEqual(artifact.manifest);
      expect(read.digest).toBe(artifact.digest);
      for (const part of ['modelJson', 'weights', 'onnx'] as const) {
        expect(Buffer.compare(read[part], artifact[part])).toBe(0);
      }
    }
  });

  it('writes the same artifact again without an error, also after an interrupted write', async () => {
    await writeArtifact(store, PREFIX, artifact);
    await rm(file('manifest.json'));
    await rm(file('model.onnx'));
    await writeArtifact(store, PREFIX, artifact);
    await writeArtifact(store, PREFIX, artifact);
    await expect(readArtifact(store, PREFIX, artifact.digest)).resolves.toBeDefined();
  });

  it('never changes existing files', async () => {
    await writeArtifact(store, PREFIX, artifact);
    const other = writeArtifact(store, PREFIX, randomArtifact({ seed: 2 }));
    await expect(other).rejects.toThrow(/weights\.bin is already there with other content/);
    await expect(readArtifact(store, PREFIX, artifact.digest)).resolves.toBeDefined();
  });
});

describe('readArtifact refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a missing file', () => rm(file('weights.bin')), /models\/blasts\/3\/weights\.bin is missing/],
    ['a missing manifest', () => rm(file('manifest.json')), /manifest\.json is missing/],
    [
      'one changed byte',
      () => damage('model.onnx', (bytes) => (bytes.writeUInt8((bytes[50] ?? 0) ^ 1, 50), bytes)),
      /model\.onnx has the SHA-256 [0-9a-f]{64}; the manifest says [0-9a-f]{64}/,
    ],
    [
      'a truncated file',
      () => damage('weights.bin', (bytes) => bytes.subarray(4)),
      /weights\.bin has \d+ bytes; the manifest says \d+/,
    ],
    [
      'a manifest that was edited',
      () => damage('manifest.json', () => manifestBytes({ ...artifact.manifest, abstentionBand: [0, 1] })),
      /manifest\.json has the digest [0-9a-f]{64}; the version was registered with [0-9a-f]{64}/,
    ],
    [
      'a manifest that is none',
      () => damage('manifest.json', () => Buffer.from('{"format":"other"}')),
      /manifest\.json is not a model manifest:[^]*format/,
    ],
    [
      'a manifest that is not JSON',
      () => damage('manifest.json', (bytes) => bytes.subarray(0, 99)),
      /is not JSON/,
    ],
  ])('%s', async (_what, harm, message) => {
    await writeArtifact(store, PREFIX, artifact);
    await harm();
    await expect(readArtifact(store, PREFIX, artifact.digest)).rejects.toThrow(ArtifactError);
    await expect(readArtifact(store, PREFIX, artifact.digest)).rejects.toThrow(message);
  });
});
