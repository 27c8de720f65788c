import type { ResultRow } from './results-csv.js';

/** An image of the folder that the command classifies. */
export interface ImageFile {
  /** Its name below the folder. */
  file: string;
  bytes: Buffer;
  /** The SHA-256 of the bytes, in hexadecimal digits. */
  sha256: string;
}

/** The columns that describe a prediction, or `error` with the reason why there is none. */
export type ClassifiedColumns =
  | Pick<
      ResultRow,
      'outcome' | 'label' | 'confidence' | 'probability' | 'outOfDistributionScore' | 'warnings'
    >
  | Pick<ResultRow, 'error'>;

/** Classifies the images of the command with one version of a model. */
export interface Classifier {
  /** The digest of the version. */
  readonly version: string;
  /** How many images to process at the same time. */
  readonly ahead: number;
  /** @throws what stops the command; an image that cannot be classified is a result with an `error` */
  classify(image: ImageFile, signal: AbortSignal): Promise<ClassifiedColumns>;
  close(): Promise<void>;
}
