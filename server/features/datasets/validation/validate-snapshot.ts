import { setImmediate as nextEventLoopTurn } from 'node:timers/promises';
import type { DatabaseOrTransaction } from '../../../database/client.js';
import { ClassMapping } from '../class-mapping.js';
import type { SnapshotRow } from '../load-snapshots.js';
import { classBalance } from './check-balance.js';
import { cellCutOff, noCell, severalCells } from './check-cells.js';
import { checkContents } from './check-contents.js';
import { driftOfClasses, driftOfColour, driftOfSize } from './check-drift.js';
import { blankImages, misnamedFormats, tinyImages } from './check-image-quality.js';
import { collidingKeys } from './check-keys.js';
import { formatMix, resolutionMix } from './check-mix.js';
import { nearDuplicateImages } from './check-near-duplicates.js';
import {
  labelInColour,
  scaleOfLabels,
  shortcutInBorder,
  shortcutInCorners,
  shortcutInFileProperties,
  shortcutInFileSize,
} from './check-shortcuts.js';
import type { Finding } from './finding.js';
import type { EarlierSnapshot, ImageCheck, LongImageCheck } from './image-check.js';
import { earlierItems, imageItems, sampleOfItems } from './measured-items.js';

/** All checks of a snapshot's images, in the order in which they are reported. */
const imageChecks: readonly (ImageCheck | LongImageCheck)[] = [
  // Is every image a usable picture of a cell?
  tinyImages,
  blankImages,
  misnamedFormats,
  // Does it show one whole white cell?
  noCell,
  severalCells,
  cellCutOff,
  // Are the file names unambiguous?
  collidingKeys,
  // Is every picture in the snapshot only once? (checkContents finds identical bytes.)
  nearDuplicateImages,
  // Do the labels differ only in the cell?
  classBalance,
  resolutionMix,
  formatMix,
  scaleOfLabels,
  shortcutInCorners,
  shortcutInBorder,
  shortcutInFileProperties,
  shortcutInFileSize,
  labelInColour,
  // Is the data still similar to the earlier version?
  driftOfClasses,
  driftOfColour,
  driftOfSize,
];

/** The maximum number of images in the shortcut audit. With more, the AUC hardly changes (±0.01), but the audit takes longer. */
const AUDITED_AT_MOST = 5_000;

/** Validates a snapshot whose items are all recorded and whose images are all measured. */
export async function validateSnapshot(
  database: DatabaseOrTransaction,
  snapshot: Pick<SnapshotRow, 'id' | 'name' | 'version' | 'classes' | 'source'>,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = await checkContents(database, snapshot);
  const items = await imageItems(database, snapshot.id);
  const sample = await sampleOfItems(database, snapshot.id, AUDITED_AT_MOST);
  const earlier = await earlierSnapshot(database, snapshot);
  const classes = ClassMapping.parse(snapshot.classes);
  // The checks compute for seconds; between them the worker must be able to notice that it was asked to stop.
  const pause = async () => {
    await nextEventLoopTurn();
    signal.throwIfAborted();
  };
  for (const check of imageChecks) {
    await pause();
    findings.push(...(await check({ classes, items, sample, earlier }, pause)));
  }
  return findings;
}

/** The snapshot that drift is measured against: the newest READY snapshot of the same name with a lower version. */
async function earlierSnapshot(
  database: DatabaseOrTransaction,
  { name, version }: Pick<SnapshotRow, 'name' | 'version'>,
): Promise<EarlierSnapshot | null> {
  const earlier = await database.datasetSnapshot.findFirst({
    where: { name, version: { lt: version }, status: 'READY' },
    orderBy: { version: 'desc' },
    select: { id: true, version: true },
  });
  if (!earlier) return null;
  const items = await earlierItems(database, earlier.id);
  return items.length > 0 ? { version: earlier.version, items } : null;
}
