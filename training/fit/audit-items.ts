import {
  shortcutInBorder,
  shortcutInCorners,
  shortcutInFileProperties,
} from '../../server/features/datasets/validation/check-shortcuts.js';
import type { SnapshotItem } from '../../server/features/datasets/snapshot-items.js';
import type { MeasuredItem } from '../../server/features/datasets/validation/measured-items.js';
import { measureImage } from '../../server/imaging/measure-image.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { readStoredImage } from '../../server/storage/stored-images.js';

/** The shortcut audit of the images that are fitted: a sentence for each way to predict the label without the cell. */
export async function auditItems(
  items: readonly SnapshotItem[],
  classes: readonly [string, string],
  store: Pick<ObjectStore, 'get'>,
  signal: AbortSignal,
): Promise<string[]> {
  const sample: MeasuredItem[] = [];
  for (const { key, label, group, split, imageSha256: sha256 } of items) {
    signal.throwIfAborted();
    const bytes = await readStoredImage(store, sha256);
    const { header, measurements } = await measureImage(bytes);
    const { colour, contrast, perceptualHash, cells } = measurements;
    sample.push({
      ...{ key, group, split, sha256, colour, contrast, perceptualHash, cells, measurements },
      label: label === classes[1] ? classes[1] : classes[0],
      width: header.width,
      height: header.height,
      mediaType: header.mediaType,
      byteSize: bytes.byteLength,
    });
  }
  const snapshot = { classes: null, items: sample, sample, earlier: null };
  return [shortcutInCorners, shortcutInBorder, shortcutInFileProperties]
    .flatMap((check) => check(snapshot))
    .flatMap(({ severity, message }) => (severity === 'INFO' ? [] : [message]));
}
