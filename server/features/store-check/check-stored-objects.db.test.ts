import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { imageKey, snapshotManifestKey } from '../../storage/keys.js';
import { type ObjectStore, ObjectStoreError } from '../../storage/object-store.js';
import { registerRandomVersion } from '../models/testing.js';
import { checkStoredObjects, type ObjectFault } from './check-stored-objects.js';

const IMAGES = 503; // more than a page
const VERSION_FILES = ['manifest.json', 'model.json', 'model.onnx', 'weights.bin'];
const MANIFEST = Buffer.from('{"key":"a"}\n');

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const imageBytes = (i: number) => Buffer.from(`image ${i}`);
const key = (i: number) => imageKey(sha256(imageBytes(i)));

let services: TestServices;

beforeEach(async () => {
  services = await openTestServices();
  for (let i = 0; i < IMAGES; i++) await services.store.put(key(i), imageBytes(i));
  await addImageRows(Array.from({ length: IMAGES }, (_, i) => imageBytes(i)));
  await registerRandomVersion(services, { modelName: 'first' });
  await registerRandomVersion(services, { modelName: 'second' });
  const digest = sha256(MANIFEST);
  await services.store.put(snapshotManifestKey(digest), MANIFEST);
  const snapshot = { id: newId('snap'), name: 'cells', version: 1, source: 'file:/cells' };
  await services.database.datasetSnapshot.create({ data: { ...snapshot, status: 'REJECTED', digest } });
});
afterEach(() => services.close());

async function addImageRows(images: Buffer[]): Promise<void> {
  const facts = { width: 9, height: 9, mediaType: 'image/png' };
  await services.database.image.createMany({
    data: images.map((bytes) => ({ sha256: sha256(bytes), byteSize: bytes.length, ...facts })),
  });
}

const remove = (objectKey: string) =>
  rm(path.join(services.config.objectStore.slice('file:'.length), objectKey));

async function check(store: ObjectStore = services.store, graceMs = 0, atFirstListing = () => undefined) {
  const faults: ObjectFault[] = [];
  const progress: Record<'named' | 'listed', number[]> = { named: [], listed: [] };
  const report = await checkStoredObjects(
    { database: services.database, store },
    {
      graceMs,
      onFault: (fault) => faults.push(fault),
      onProgress: (part, done, total) => {
        if (part === 'listed') atFirstListing();
        progress[part].push(done / total);
      },
    },
  );
  return { report, faults, progress };
}

const NONE = { MISSING: 0, DAMAGED: 0, UNREADABLE: 0, ORPHAN: 0 };
const CHECKED = IMAGES + 2 * VERSION_FILES.length + 1;

test('an intact store has no faults, even with unrelated objects in it', async () => {
  await services.store.put('readiness-probe', MANIFEST);
  const { report, faults, progress } = await check();
  expect(faults).toEqual([]);
  expect(report).toMatchObject({ checked: CHECKED, faults: NONE });
  expect(report.bytes).toBeGreaterThan(IMAGES * 7);
  for (const shares of Object.values(progress)) {
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  }
});

test('reports missing, damaged and orphaned objects, and changes nothing', async () => {
  const flipped = Buffer.from(imageBytes(7));
  flipped[0] = (flipped[0] ?? 0) ^ 1;
  await services.store.put(key(7), flipped);
  await services.store.put(key(8), Buffer.concat([imageBytes(8), Buffer.from('x')]));
  await remove(key(9));
  await remove('models/first/1/weights.bin');
  const onnx = await services.store.get('models/second/1/model.onnx');
  onnx[100] = (onnx[100] ?? 0) ^ 1;
  await services.store.put('models/second/1/model.onnx', onnx);
  await services.store.put(snapshotManifestKey(sha256(MANIFEST)), Buffer.from('{"key":"b"}\n'));
  const orphans = [
    imageKey(sha256(Buffer.from('nobody'))),
    `images/zz/${sha256(imageBytes(1))}`,
    'models/first/1/notes.txt',
    'models/first/2/model.onnx',
    'models/third/1/manifest.json',
    `snapshots/${'0'.repeat(64)}.jsonl`,
  ];
  for (const orphan of orphans) await services.store.put(orphan, Buffer.from('nobody'));

  const before = await listing();
  const { report, faults } = await check();
  expect(report).toMatchObject({
    checked: CHECKED,
    faults: { MISSING: 2, DAMAGED: 4, UNREADABLE: 0, ORPHAN: orphans.length },
  });
  const found = (kind: string) => faults.filter((fault) => fault.kind === kind).map((fault) => fault.key);
  expect(found('MISSING').toSorted()).toEqual([key(9), 'models/first/1/weights.bin'].toSorted());
  const damaged = [key(7), key(8), 'models/second/1/model.onnx', snapshotManifestKey(sha256(MANIFEST))];
  expect(found('DAMAGED').toSorted()).toEqual(damaged.toSorted());
  expect(found('ORPHAN').toSorted()).toEqual(orphans.toSorted());
  expect(faults.find((fault) => fault.key === key(8))?.detail).toBe(
    `The object has ${imageBytes(8).length + 1} bytes, but should have ${imageBytes(8).length}.`,
  );
  expect(await listing()).toEqual(before);
});

test('an object whose row is written during the check is not an orphan', async () => {
  const bytes = Buffer.from('just coming');
  await services.store.put(imageKey(sha256(bytes)), bytes);
  let writing: Promise<void> | undefined;
  const { faults } = await check(services.store, 5_000, () => {
    writing ??= sleep(300).then(() => addImageRows([bytes]));
  });
  await writing;
  expect(faults).toEqual([]);
});

test('reports an unreadable object, and fails if the whole store is unreadable', async () => {
  const failing = (reason: 'UNREADABLE' | 'UNREACHABLE'): ObjectStore => {
    const store: ObjectStore = Object.create(services.store, {
      get: {
        value: (asked: string) =>
          asked === key(5)
            ? Promise.reject(new ObjectStoreError(reason, 'It is archived.'))
            : services.store.get(asked),
      },
    });
    for (const name of ['stat', 'list', 'probeReading'] as const)
      Object.defineProperty(store, name, { value: services.store[name].bind(services.store) });
    return store;
  };
  const { report, faults } = await check(failing('UNREADABLE'));
  expect(faults).toEqual([{ kind: 'UNREADABLE', key: key(5), detail: 'It is archived.' }]);
  expect(report.checked).toBe(CHECKED);
  await expect(check(failing('UNREACHABLE'))).rejects.toMatchObject({ reason: 'UNREACHABLE' });
});

async function listing() {
  const objects = [];
  for await (const object of services.store.list('')) objects.push(object);
  return objects;
}
