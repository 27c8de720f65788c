import type { CropBox } from '../../pixels/crop-box.js';

/** The box of `Prediction.region` or `Prediction.frame`; null if it is empty. */
export function boxOf([left, top, width, height]: readonly number[]): CropBox | null {
  return left === undefined || top === undefined || width === undefined || height === undefined
    ? null
    : { left, top, width, height };
}

/** The numbers of a box, as the database has them. */
export function numbersOf({ left, top, width, height }: CropBox): number[] {
  return [left, top, width, height];
}
