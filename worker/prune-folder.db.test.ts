import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../server/database/testing.js';
import { newId } from '../server/database/ids.js';
import { TrainingParameters } from '../server/features/training/parameters.js';
import { pruneTrainingFolder } from './prune-folder.js';
import { storeRun } from '../training/testing.js';

const NOW = new Date('2026-06-30T12:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 24 * 60 * 60 * 1000);

let db: TestDatabase;
let folder: string;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cytograph-prune-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeCache(name: string, usedAt: Date, byteSize = 10): Promise<void> {
  await mkdir(join(folder, 'cache'), { recursive: true });
  await writeFile(join(folder, 'cache', name), new Uint8Array(byteSize));
  await utimes(join(folder, 'cache', name), usedAt, usedAt);
}
const caches = async () => (await readdir(join(folder, 'cache'))).sort();

it('removes nothing where there is nothing', async () => {
  await pruneTrainingFolder(db.database, folder, NOW);
  await pruneTrainingFolder(db.database, join(folder, 'not there'), NOW);
});

it('removes caches that no training has opened for a month, finished or not', async () => {
  await writeCache('old.pixels', daysAgo(31));
  await writeCache('old.pixels.partial', daysAgo(40));
  await writeCache('used.pixels', daysAgo(29));
  await pruneTrainingFolder(db.database, folder, NOW);
  expect(await caches()).toEqual(['used.pixels']);
});

it('keeps the caches below a limit, those that were opened last, and never removes one of today', async () => {
  await writeCache('a', daysAgo(5), 40);
  await writeCache('b', daysAgo(3), 40);
  await writeCache('c', daysAgo(2), 40);
  await pruneTrainingFolder(db.database, folder, NOW, 100);
  expect(await caches()).toEqual(['b', 'c']);
  await writeCache('d', daysAgo(0.5), 400);
  await pruneTrainingFolder(db.database, folder, NOW, 100);
  expect(await caches()).toEqual(['d']);
});

it('removes caches that may have pixels of a case that was erased since', async () => {
  await writeCache('before.pixels', daysAgo(10));
  await writeCache('after.pixels', daysAgo(4));
  const erased = { sha256: 'e'.repeat(64), erasedAt: daysAgo(7) };
  await db.database.erasedImage.create({ data: erased });
  await pruneTrainingFolder(db.database, folder, NOW);
  expect(await caches()).toEqual(['after.pixels']);
  await db.database.erasedImage.delete({ where: { sha256: erased.sha256 } });
});

it('removes the checkpoints of runs that have ended, and keeps those of others', async () => {
  const snapshot = await db.database.datasetSnapshot.create({
    data: { id: newId('snap'), name: 'cells', version: 1, status: 'INGESTING', source: 'file:/cells' },
  });
  const runs = new Map<string, string>();
  for (const status of ['QUEUED', 'RUNNING', 'FAILED', 'CANCELLED'] as const) {
    const id = await storeRun(db.database, 'cells', snapshot.id, TrainingParameters.parse({}));
    await db.database.trainingRun.update({
      where: { id },
      data: { status, ...(status === 'FAILED' && { error: 'broken' }) },
    });
    runs.set(status, id);
  }
  const names = [...runs.values(), 'unknown', 'unknown-old'];
  for (const name of names) {
    await mkdir(join(folder, 'runs', name), { recursive: true });
    await writeFile(join(folder, 'runs', name, 'checkpoint'), 'x');
    const usedAt = daysAgo(name === 'unknown-old' ? 8 : 1);
    await utimes(join(folder, 'runs', name), usedAt, usedAt);
  }
  await pruneTrainingFolder(db.database, folder, NOW);
  expect((await readdir(join(folder, 'runs'))).sort()).toEqual(
    [runs.get('QUEUED'), runs.get('RUNNING'), 'unknown'].sort(),
  );
});
