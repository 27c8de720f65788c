import { createHash } from 'node:crypto';

/** What the digest of a labelled cell covers. */
export interface DigestedCell {
  readonly imageSha256: string;
  readonly region?: readonly number[];
  readonly label: string;
  readonly cellType: string | null;
  readonly group: string | null;
}

/** SHA-256 of labelled cells: of their images, boxes, labels, cell types and patients, in any order. */
export function digestOfCells(cells: readonly DigestedCell[]): string {
  const lines = cells.map(lineOfCell).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** A cell in the text that is hashed. */
export function lineOfCell({ imageSha256, region = [], label, cellType, group }: DigestedCell): string {
  return `${JSON.stringify([imageSha256, region, label, cellType, group])}\n`;
}
