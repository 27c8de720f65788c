import type { TrainingParameters } from '../../server/features/training/parameters.js';
import type { Preprocessing } from '../../server/imaging/preprocessing.js';
import type { Augmentation } from '../dataset/augment.js';

/** Raise it when the same parameters, data and seed train differently, so that older checkpoints are ignored. */
export const RECIPE = 4;

/** As large as the differences between the stains, lamps, magnifications and lenses of different laboratories. */
export const AUGMENTATION: Augmentation = {
  shift: 0.08,
  scale: 1.3,
  stain: 0.4,
  tone: 1.5,
  light: 0.06,
  illumination: 0.15,
  sharpness: 0.6,
};

/** Ready for the stained smear that white balance leaves: bright, its green the darkest where there is a nucleus. */
const NORMALISATION: Pick<Preprocessing, 'mean' | 'std'> = { mean: [0.78, 0.73, 0.81], std: [0.2, 0.2, 0.2] };
const WHITE_BALANCE: Preprocessing['colour'] = { kind: 'white-balance', percentile: 95, target: 240 };

/** How images become input for a network of these parameters. */
export function preprocessingFor({
  crop,
  inputSize,
  whiteBalance,
}: Pick<TrainingParameters, 'crop' | 'inputSize' | 'whiteBalance'>): Preprocessing {
  return { crop, inputSize, colour: whiteBalance ? WHITE_BALANCE : { kind: 'none' }, ...NORMALISATION };
}
