import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../server/database/client.js';

const DAY = 24 * 60 * 60 * 1000;
/** A cache that no training has opened for this long is deleted, and created again if it is needed. */
const UNUSED_AT_MOST = 30 * DAY;
/** A cache that was opened more recently may be in use, by this worker or by another. */
const IN_USE = DAY;
/** Bytes of all caches together: prepared for 64 pixels, 870,000 images. */
const CACHES_AT_MOST = 10 * 2 ** 30;
/** The folder of a run that is not in this database may belong to another database. */
const UNKNOWN_AT_MOST = 7 * DAY;

/**
 * Removes from a worker's folder what no training will use again: the checkpoints of runs that have ended, and caches of
 * prepared images that have not been opened for a month, or that are over the limit, those first that were opened longest
 * ago. A cache that has not been opened since the newest erasure of a case is removed too, because it may have pixels of that
 * case. A cache opened in the last day stays.
 *
 * @param folder that of `carryOutRun`
 */
export async function pruneTrainingFolder(
  database: Database,
  folder: string,
  now: Date,
  limit = CACHES_AT_MOST,
): Promise<void> {
  await pruneRuns(database, join(folder, 'runs'), now);
  const erased = await database.erasedImage.aggregate({ _max: { erasedAt: true } });
  await pruneCaches(join(folder, 'cache'), { now, limit, erasedAt: erased._max.erasedAt });
}

async function pruneRuns(database: Database, folder: string, now: Date): Promise<void> {
  for (const { path, name, usedAt } of await entriesOf(folder)) {
    const run = await database.trainingRun.findUnique({ where: { id: name }, select: { status: true } });
    const isOver = run
      ? run.status !== 'QUEUED' && run.status !== 'RUNNING'
      : now.getTime() - usedAt > UNKNOWN_AT_MOST;
    if (isOver) await rm(path, { recursive: true, force: true });
  }
}

async function pruneCaches(
  folder: string,
  { now, limit, erasedAt }: { now: Date; limit: number; erasedAt: Date | null },
): Promise<void> {
  const caches = (await entriesOf(folder)).sort((a, b) => b.usedAt - a.usedAt);
  let kept = 0;
  for (const { path, byteSize, usedAt } of caches) {
    const age = now.getTime() - usedAt;
    const mayHaveErased = erasedAt !== null && usedAt < erasedAt.getTime();
    const isWanted = !mayHaveErased && age <= UNUSED_AT_MOST && kept + byteSize <= limit;
    if (age <= IN_USE || isWanted) kept += byteSize;
    else await rm(path, { force: true });
  }
}

/** What lies in a folder, if there is one; `usedAt` in milliseconds. */
async function entriesOf(
  folder: string,
): Promise<{ path: string; name: string; byteSize: number; usedAt: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const found = await stat(path).catch(() => null); // gone since
      return found ? [{ path, name, byteSize: found.size, usedAt: found.mtimeMs }] : [];
    }),
  );
  return entries.flat();
}
