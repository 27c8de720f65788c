/** Lowest and highest size, as shares of the side of the frame that the network sees. */
export type SizeRange = [low: number, high: number];

/** How large red cells and white cells are in the frames of a version's training images: 1st to 99th percentile. */
export interface TrainedScale {
  redCell: SizeRange;
  /** Diameter of the circle that has the area of the cell that the image shows. */
  cell: SizeRange;
}

/**
 * The sizes as shares of the side of a whole picture, for versions whose manifest does not have the range, which were made before it
 * was recorded. Measured on 1,025 images of the seven cell kinds of Johns Hopkins (DeepAPL), of which the bundled version 1 was
 * trained.
 */
const USUAL_SCALE: TrainedScale = { redCell: [0.157, 0.271], cell: [0.268, 0.691] };

/** The sizes that a version was trained for. */
export function trainedScaleOf({ trainedScale, crop = 1 }: TrainedOn): TrainedScale {
  if (trainedScale) return trainedScale;
  const { redCell, cell } = USUAL_SCALE;
  return { redCell: [redCell[0] / crop, redCell[1] / crop], cell: [cell[0] / crop, cell[1] / crop] };
}

/** The part of a version's preprocessing that says what it was trained on. */
interface TrainedOn {
  readonly trainedScale?: TrainedScale | undefined;
  readonly crop?: number | undefined;
}
