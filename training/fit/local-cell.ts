import type { RawAnswer } from '../../server/decision/interpret.js';

/** A cell that was labelled in the laboratory, with the outputs of the base version's network for it. */
export interface LocalCell extends RawAnswer {
  /** SHA-256 of the image file, in hexadecimal. */
  readonly imageSha256: string;
  /** Box of the cell in a field, in pixels: left, top, width, height. Missing or empty: the image shows a single cell. */
  readonly region?: readonly number[];
  /** Whether its label is the positive label of the version. */
  readonly isPositive: boolean;
  /** Its cell type; null if it is unknown, or if the version does not name cell types. */
  readonly cellTypeLabel: string | null;
  /** Patient or slide; null where it is not known. */
  readonly group: string | null;
}
