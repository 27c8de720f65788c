import type { Services } from '../../api/context.js';
import { MEASUREMENTS_VERSION, measureImage } from '../../imaging/measure-image.js';
import { readStoredImage } from '../../storage/stored-images.js';
import { mapAhead } from './streams.js';

const READ_AHEAD = 8;
const PAGE = 500;

/**
 * Measures the images of a snapshot that have no measurements of the present version: those that were stored by a prediction, or
 * measured by an earlier release. Each is recorded immediately, so an interrupted run continues where it stopped.
 */
export async function measureStoredImages(
  { database, store }: Pick<Services, 'database' | 'store'>,
  snapshotId: string,
  signal: AbortSignal,
): Promise<void> {
  for (let last = ''; ;) {
    const images = await database.$queryRaw<{ sha256: string }[]>`
      SELECT "sha256" FROM "Image"
      WHERE "sha256" > ${last} AND ("measurements"->'version') IS DISTINCT FROM to_jsonb(${MEASUREMENTS_VERSION}::int)
        AND EXISTS (SELECT FROM "DatasetItem" WHERE "snapshotId" = ${snapshotId} AND "imageSha256" = "sha256")
      ORDER BY "sha256" LIMIT ${PAGE}`;
    const measuring = mapAhead(toAsync(images), READ_AHEAD, async ({ sha256 }) => {
      signal.throwIfAborted();
      const { measurements } = await measureImage(await readStoredImage(store, sha256));
      await database.image.update({ where: { sha256 }, data: { measurements } });
    });
    for await (const _ of measuring);
    if (images.length < PAGE) return;
    last = images.at(-1)?.sha256 ?? last;
  }
}

async function* toAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values;
}
