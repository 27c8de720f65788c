import { sha256 } from '../../server/artifact/artifact.js';
import type { Manifest } from '../../server/artifact/manifest.js';
import {
  shortcutInBorder,
  shortcutInCorners,
  shortcutInFileProperties,
} from '../../server/features/datasets/validation/check-shortcuts.js';
import type { MeasuredItem } from '../../server/features/datasets/validation/measured-items.js';
import { boxOf } from '../../server/features/predictions/box-of.js';
import { cellImages } from '../../server/imaging/cell-images.js';
import { measureImage } from '../../server/imaging/measure-image.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import type { CropBox } from '../../server/pixels/crop-box.js';
import { readStoredImage } from '../../server/storage/stored-images.js';

/** A labelled cell whose picture is audited. */
export interface AuditedCell {
  readonly key: string;
  readonly imageSha256: string;
  readonly label: string;
  /** Patient; null if unknown. */
  readonly group: string | null;
  /** Box of the cell in a field, in pixels: left, top, width, height. Missing or empty: the image shows a single cell. */
  readonly region?: readonly number[];
  /** Square of the field that the network saw. Missing or empty: the region. */
  readonly frame?: readonly number[];
}

/** The largest number of cells that are audited: half of them of each class, if there are enough. */
const AUDITED_AT_MOST = 5000;

/**
 * The shortcut audit of the cells that are fitted: a sentence for each way to predict the label without the cell. A cell of a field is
 * cut out of it, as for a snapshot of reviews. Its cut-out has no file properties to audit: its width follows from the size of the
 * cell, and nobody saved it.
 */
export async function auditCells(
  cells: readonly AuditedCell[],
  { classes: [negative, positive], positiveLabel }: Pick<Manifest, 'classes' | 'positiveLabel'>,
  store: Pick<ObjectStore, 'get'>,
  signal: AbortSignal,
): Promise<string[]> {
  const labelled = cells.map((cell) => ({
    ...cell,
    label: cell.label === positiveLabel ? positive : negative,
  }));
  const sample: MeasuredItem[] = [];
  const files: MeasuredItem[] = [];
  for (const [imageSha256, ofImage] of byImage(sampleOf(labelled))) {
    const bytes = await readStoredImage(store, imageSha256);
    for await (const { cell, picture } of picturesOf(bytes, ofImage)) {
      signal.throwIfAborted();
      const { key, label, group } = cell;
      const { header, measurements } = await measureImage(picture);
      const { colour, contrast, perceptualHash, cells: found } = measurements;
      const item = {
        ...{ key, label, group, split: null, sha256: sha256(picture) },
        ...{ colour, contrast, perceptualHash, cells: found, measurements },
        ...{ width: header.width, height: header.height, mediaType: header.mediaType },
        byteSize: picture.byteLength,
      };
      sample.push(item);
      if (picture === bytes) files.push(item);
    }
  }
  const audited = (of: MeasuredItem[]) => ({ classes: null, items: of, sample: of, earlier: null });
  return [
    ...[shortcutInCorners, shortcutInBorder].flatMap((check) => check(audited(sample))),
    ...shortcutInFileProperties(audited(files)),
  ].flatMap(({ severity, message }) => (severity === 'INFO' ? [] : [message]));
}

function byImage(cells: readonly AuditedCell[]): Map<string, AuditedCell[]> {
  const ofImages = new Map<string, AuditedCell[]>();
  for (const cell of cells) {
    const known = ofImages.get(cell.imageSha256);
    if (known) known.push(cell);
    else ofImages.set(cell.imageSha256, [cell]);
  }
  return ofImages;
}

/** Chosen by the SHA-256 of the image, which is as good as random and reproducible. */
function sampleOf(cells: readonly AuditedCell[]): readonly AuditedCell[] {
  if (cells.length <= AUDITED_AT_MOST) return cells;
  const labels = [...new Set(cells.map(({ label }) => label))];
  const ordered = cells.toSorted((a, b) => (a.imageSha256 < b.imageSha256 ? -1 : 1));
  return labels.flatMap((label) =>
    ordered.filter((cell) => cell.label === label).slice(0, AUDITED_AT_MOST / labels.length),
  );
}

/** The picture of each cell of an image, which is decoded once for all cells of a field. */
async function* picturesOf(
  bytes: Uint8Array,
  cells: readonly AuditedCell[],
): AsyncGenerator<{ cell: AuditedCell; picture: Uint8Array }> {
  const parts: { cell: AuditedCell; box: CropBox }[] = [];
  for (const cell of cells) {
    const box = boxOf(cell.region ?? []);
    if (box) parts.push({ cell, box: boxOf(cell.frame ?? []) ?? box });
    else yield { cell, picture: bytes };
  }
  if (parts.length === 0) return;
  const pictures = cellImages(
    bytes,
    parts.map(({ box }) => box),
  );
  let index = 0;
  for await (const picture of pictures) {
    const part = parts[index++];
    if (part) yield { cell: part.cell, picture };
  }
}
