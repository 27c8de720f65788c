import { createHash } from 'node:crypto';
import type { ClassMapping } from '../../server/features/datasets/class-mapping.js';
import { readGroupsCsv, readSplit } from '../../server/features/datasets/groups-csv.js';
import type { SnapshotItem } from '../../server/features/datasets/snapshot-items.js';
import { manifestLine } from '../../server/features/datasets/snapshot-manifest.js';
import { sourceFiles } from '../../server/features/datasets/source-files.js';
import { imageKey } from '../../server/storage/keys.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { TrainingDataError } from '../training-data-error.js';

/** A labelled folder as a training task takes it: what a snapshot of it would hold, without a database. */
export interface FolderDataset {
  items: SnapshotItem[];
  /** The digest that a snapshot of the same folder has. */
  digest: string;
  /** Reads the images by their content, where they lie. */
  store: Pick<ObjectStore, 'get'>;
}

/**
 * Reads a folder (or bucket) of labelled sub-folders.
 * @param groupsCsv key of the groups CSV below the source; null where there is none
 */
export async function readFolderDataset(
  source: ObjectStore,
  classes: ClassMapping,
  groupsCsv: string | null,
): Promise<FolderDataset> {
  const groups = groupsCsv === null ? null : readGroupsCsv(await source.get(groupsCsv));
  const items: FolderDataset['items'] = [];
  const sourceKeyOf = new Map<string, string>();
  for await (const file of sourceFiles(source, classes)) {
    if (file.kind !== 'image') continue;
    const { key } = file.object;
    const row = groups?.find(key);
    const split = row?.split ? readSplit(row.split) : null;
    if (row?.split && !split)
      throw new TrainingDataError(`The split '${row.split}' of '${key}' is not known.`);
    const imageSha256 = createHash('sha256')
      .update(await source.get(key))
      .digest('hex');
    sourceKeyOf.set(imageKey(imageSha256), key);
    items.push({ key, label: file.label, group: row?.group ?? null, split, imageSha256 });
  }

  const hash = createHash('sha256');
  for (const item of items) hash.update(manifestLine(item));
  return {
    items,
    digest: hash.digest('hex'),
    store: { get: (key) => source.get(sourceKeyOf.get(key) ?? key) },
  };
}
