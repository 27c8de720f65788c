import type { TrainingParameters } from '../../server/features/training/parameters.js';
import type { Preprocessing } from '../../server/imaging/preprocessing.js';
import type { Augmentation } from '../dataset/augment.js';

/** Raise it when the same parameters, data and seed train differently, so that older checkpoints are ignored. */
export const RECIPE = 5;

/** As large as the differences between the stains, cameras, lamps and lenses of different laboratories. */
const AUGMENTATION: Omit<Augmentation, 'scale'> = {
  shift: 0.08,
  stain: 0.4,
  tone: 2,
  light: 0.06,
  illumination: 0.15,
  sharpness: 0.8,
  blur: 2,
};

/** Ready for the stained smear that white balance leaves, in red: a bright slide, pale red cells and dark nuclei. */
const NORMALISATION: Pick<Preprocessing, 'channel' | 'mean' | 'std'> = {
  channel: 'red',
  mean: [0.78, 0.78, 0.78],
  std: [0.2, 0.2, 0.2],
};
const WHITE_BALANCE: Preprocessing['colour'] = { kind: 'white-balance', percentile: 95, target: 240 };

/**
 * The square around a cell. It does not show the largest cells whole, and is still better than a wider one: docs/reference-model.md has
 * the comparison. The multiple of the diameter gives cells of a middle size the same square.
 */
const CELL_FRAME: Preprocessing['frame'] = { kind: 'cell', micrometres: 20, diameters: 1.35 };

/** How images become input for a network of these parameters. */
export function preprocessingFor({
  crop,
  inputSize,
  whiteBalance,
}: Pick<TrainingParameters, 'crop' | 'inputSize' | 'whiteBalance'>): Preprocessing {
  const colour = whiteBalance ? WHITE_BALANCE : { kind: 'none' as const };
  return { ...(crop === undefined ? { frame: CELL_FRAME } : { crop }), inputSize, colour, ...NORMALISATION };
}

/**
 * How training images are varied. In a square around the cell, the scale is as exact as red cells can be measured in one picture:
 * their diameter differs by 9 % between pictures of one patient, and more between laboratories. In a part of the picture, microscopes differ too.
 */
export function augmentationFor({
  augmentation,
  crop,
}: Pick<TrainingParameters, 'augmentation' | 'crop'>): Augmentation | null {
  return augmentation ? { ...AUGMENTATION, scale: crop === undefined ? 1.25 : 1.3 } : null;
}
