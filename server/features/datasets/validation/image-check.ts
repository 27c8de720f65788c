import type { ClassMapping } from '../class-mapping.js';
import type { Finding } from './finding.js';
import type { ImageItem, MeasuredItem } from './measured-items.js';

/** What the checks of a snapshot's images look at. */
export interface SnapshotImages {
  classes: ClassMapping;
  /** All items, in the order of their keys. */
  items: readonly ImageItem[];
  /** Of many a sample, as many of each label; of few all. In the order of their keys. */
  sample: readonly MeasuredItem[];
  /** An earlier snapshot of the same name. */
  earlier: EarlierSnapshot | null;
}

export interface EarlierSnapshot {
  version: number;
  items: readonly EarlierItem[];
}

export type EarlierItem = Pick<ImageItem, 'label' | 'width' | 'height' | 'colour'>;

/** One check: pure, its findings follow from the snapshot alone. */
export type ImageCheck = (snapshot: SnapshotImages) => Finding[];

/** A check that computes for seconds, with pauses. */
export type LongImageCheck = (snapshot: SnapshotImages, pause: Pause) => Promise<Finding[]>;

/** Lets other work have its turn; throws when the validation is to stop. */
export type Pause = () => Promise<void>;
