import type { Colour } from '../../../imaging/measure-image.js';
import type { Finding } from './finding.js';
import type { MeasuredItem } from './measured-items.js';

/** What the checks of a snapshot's images look at. */
export interface SnapshotImages {
  /** In the order of their keys. */
  items: readonly MeasuredItem[];
  earlier: EarlierSnapshot | null;
}

/** An earlier snapshot of the same name. */
export interface EarlierSnapshot {
  version: number;
  items: readonly EarlierItem[];
}

export interface EarlierItem {
  label: string;
  width: number;
  height: number;
  /** Mean of the image. */
  colour: Colour;
}

/** One check: pure, its findings follow from the snapshot alone. */
export type ImageCheck = (snapshot: SnapshotImages) => Finding[];
