import { createHash } from 'node:crypto';
import { imageKey } from '../../server/storage/keys.js';
import { markedImage } from './images.js';
import type { MeasuredLoad } from './load.js';
import type { Site } from './site.js';

const SAMPLE = 100;

export interface Durability {
  /** Predictions recorded and classifications answered in the run. The two must be equal. */
  recorded: number;
  answered: number;
  /** How many of a sample of the answers have no row, or no object with exactly the bytes that were sent. */
  checked: number;
  missing: number;
}

/** Checks that all answers given under load were stored. `before` is the number of predictions before the load. */
export async function checkDurability(
  { database, store }: Site,
  images: readonly Buffer[],
  { answers, answered, run }: MeasuredLoad,
  before: number,
): Promise<Durability> {
  const every = Math.max(1, Math.floor(answers.length / SAMPLE));
  const sample = answers.filter((_, index) => index % every === 0);
  const rows = await database.prediction.findMany({
    where: { id: { in: sample.map(({ id }) => id) } },
    select: { id: true, imageSha256: true, label: true },
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  let missing = 0;
  for (const { id, image, counter, label } of sample) {
    const bytes = markedImage(images[image] ?? Buffer.alloc(0), run, counter);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const row = byId.get(id);
    const object = await store.get(imageKey(sha256)).catch(() => null);
    if (row?.imageSha256 !== sha256 || row.label !== label || !object?.equals(bytes)) missing += 1;
  }
  const recorded = (await database.prediction.count()) - before;
  return { recorded, answered, checked: sample.length, missing };
}
