import type { TrainingParameters } from '../../server/features/training/parameters.js';
import type { Preprocessing } from '../../server/decision/preprocessing.js';
import type { Augmentation } from '../dataset/augment.js';

/** Raise it when the same parameters, data and seed train differently, so that older checkpoints are ignored. */
export const RECIPE = 6;

/** As large as the differences between the stains, cameras, lamps and lenses of different laboratories. */
const AUGMENTATION: Omit<Augmentation, 'scale'> = {
  shift: 0.08,
  stain: 0.4,
  tone: 1.5,
  light: 0.06,
  illumination: 0.15,
  sharpness: 0.6,
  blur: 0.6,
};

/** For networks that see one channel, which are there for other laboratories: docs/reference-model.md has what it costs. */
const STRONGER: Partial<Augmentation> = { blur: 1.2, scale: 1.2 };

/** Ready for the stained smear that white balance leaves: bright, its green the darkest where there is a nucleus. */
const NORMALISATION: Pick<Preprocessing, 'mean' | 'std'> = { mean: [0.78, 0.73, 0.81], std: [0.2, 0.2, 0.2] };
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
 * Which channel a member sees; undefined if all. The first half of an ensemble sees only red. The nuclear dye absorbs red, and eosin
 * hardly does, so red shows the nucleus and little of the colours, in which laboratories differ most. The other half sees the colours,
 * with which cells of the same laboratory are recognised better.
 *
 * @param index of the member, from 0
 */
export function channelOf(
  index: number,
  { members }: Pick<TrainingParameters, 'members'>,
): 'red' | undefined {
  return index < Math.floor(members / 2) ? 'red' : undefined;
}

/**
 * How training images are varied. In a square around the cell, the scale is as exact as the usual width of a picture or its red cells, whose
 * diameter differs by 9 % between pictures of one patient. In a part of the picture, microscopes differ too.
 */
export function augmentationFor(
  { augmentation, crop }: Pick<TrainingParameters, 'augmentation' | 'crop'>,
  channel?: 'red',
): Augmentation | null {
  if (!augmentation) return null;
  return {
    ...AUGMENTATION,
    scale: crop === undefined ? 1.15 : 1.3,
    ...(channel === 'red' ? STRONGER : {}),
  };
}
