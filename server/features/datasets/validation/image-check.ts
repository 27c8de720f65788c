import type { ClassMapping } from '../class-mapping.js';
import type { Finding } from './finding.js';
import type { ImageItem, MeasuredItem } from './measured-items.js';

/** The input of the checks of a snapshot's images. */
export interface SnapshotImages {
  classes: ClassMapping;
  /** All items, in the order of their keys. */
  items: readonly ImageItem[];
  /** All items of a small snapshot; otherwise a sample with the same number of each label. In the order of their keys. */
  sample: readonly MeasuredItem[];
  /** The previous READY snapshot of the same name, which drift is measured against; null if there is none. */
  earlier: EarlierSnapshot | null;
}

export interface EarlierSnapshot {
  version: number;
  items: readonly EarlierItem[];
}

export type EarlierItem = Pick<ImageItem, 'label' | 'width' | 'height' | 'colour'>;

/** One check: a pure function of the snapshot. */
export type ImageCheck = (snapshot: SnapshotImages) => Finding[];

/** A check that takes seconds to compute, and awaits `pause` regularly. */
export type LongImageCheck = (snapshot: SnapshotImages, pause: Pause) => Promise<Finding[]>;

/** Lets other work on the event loop run. Rejects if the validation was asked to stop. */
export type Pause = () => Promise<void>;
