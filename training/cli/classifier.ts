import type { LeftOutReason } from '../../server/pixels/field-cells.js';
import type { CropBox } from '../../server/pixels/crop-box.js';
import { LEFT_OUT, NO_CELL, type ResultRow } from './results-csv.js';

/** An image of the folder that the command classifies. */
export interface ImageFile {
  /** Its name below the folder. */
  file: string;
  bytes: Buffer;
  /** The SHA-256 of the bytes, in hexadecimal digits. */
  sha256: string;
}

/** The columns that describe a prediction. */
export type PredictionColumns = Pick<
  ResultRow,
  'outcome' | 'label' | 'confidence' | 'probability' | 'outOfDistributionScore' | 'warnings' | 'cellType'
>;

/** The columns of one line of an image: a prediction, or `error` with the reason why there is none. */
export type ClassifiedColumns = Partial<Omit<ResultRow, 'file' | 'version' | 'sha256'>>;

/** Classifies the images of the command with one version of a model. */
export interface Classifier {
  /** The digest of the version. */
  readonly version: string;
  /** How many images to process at the same time. */
  readonly ahead: number;
  /**
   * The lines of an image: one, or one for each cell of a field.
   * @throws what stops the command; an image that cannot be classified is a line with an `error`
   */
  classify(image: ImageFile, signal: AbortSignal): Promise<ClassifiedColumns[]>;
  close(): Promise<void>;
}

/** A field whose cells have been classified. */
interface ClassifiedField {
  /** In reading order. */
  readonly cells: readonly { readonly region: CropBox | null; readonly prediction: PredictionColumns }[];
  readonly leftOut: readonly { readonly region: CropBox; readonly reason: LeftOutReason }[];
  /** Warnings about the whole picture. */
  readonly warnings: readonly string[];
}

const WHY_LEFT_OUT: Record<LeftOutReason, string> = {
  CUT_OFF: 'The border of the picture cuts this cell off.',
  TOO_SMALL: 'This cell has too few pixels.',
  TOO_MANY: 'The picture has more cells than are classified.',
};

/** The lines of a field: its predictions, and then the cells that were left out. A picture without cells has one line. */
export function linesOfField({ cells, leftOut, warnings }: ClassifiedField): ClassifiedColumns[] {
  const found = [
    ...cells.map(({ region, prediction }) => ({ region, columns: prediction })),
    ...leftOut.map(({ region, reason }) => ({
      region,
      columns: { outcome: LEFT_OUT, error: WHY_LEFT_OUT[reason] },
    })),
  ];
  if (found.length === 0) {
    return [{ outcome: NO_CELL, cells: '0', warnings: warnings.join(' '), error: 'No cell was found.' }];
  }
  return found.map(({ region, columns }, index) => ({
    ...columns,
    cell: String(index + 1),
    cells: String(found.length),
    ...(region && {
      regionLeft: String(region.left),
      regionTop: String(region.top),
      regionWidth: String(region.width),
      regionHeight: String(region.height),
    }),
  }));
}
