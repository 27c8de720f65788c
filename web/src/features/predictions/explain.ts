import type { AnswerFragment } from '../../graphql/graphql.js';
import { percent, readable } from '../../ui/format.js';

/** The calibrated probability, 0…1, of the class that the version looks for. */
export function positiveProbability({ probabilities, modelVersion }: AnswerFragment): number {
  return probabilities.find(({ label }) => label === modelVersion.positiveLabel)?.probability ?? 0;
}

/** The label of the other class. */
export function negativeLabel({ probabilities, modelVersion }: AnswerFragment): string {
  return probabilities.find(({ label }) => label !== modelVersion.positiveLabel)?.label ?? 'other';
}

/** The probabilities between which a person decides; null where the version has no such band. */
export function abstentionBand({ modelVersion }: AnswerFragment): { low: number; high: number } | null {
  const [low, high] = modelVersion.abstentionBand;
  return low !== undefined && high !== undefined && high > low ? { low, high } : null;
}

/** What an outcome means for the person who asked, in a sentence. */
export function explainOutcome(prediction: AnswerFragment): string {
  const band = abstentionBand(prediction);
  switch (prediction.outcome) {
    case 'CLASSIFIED':
      return `The model takes this cell for ${readable(prediction.label)}, with ${percent(prediction.confidence)} probability.`;
    case 'INDETERMINATE':
      return band
        ? `Too close to call: between ${percent(band.low)} and ${percent(band.high)} this model leaves the decision to a person.`
        : 'Too close to call: the model leaves the decision to a person.';
    case 'OUT_OF_DISTRIBUTION':
      return 'Unlike the images the model learned from, so no label is offered. Check that it shows one stained white blood cell, in focus, from a light microscope.';
  }
}

const qualitySentences: Record<string, string> = {
  BLURRED: 'The image looks out of focus.',
  OVEREXPOSED: 'The image is overexposed: its bright parts carry no detail.',
  UNDEREXPOSED: 'The image is too dark.',
  LOW_CONTRAST: 'The image has hardly any contrast.',
  COLOURLESS: 'The image has hardly any colour; the model learned from stained cells.',
  LOW_RESOLUTION: 'The image has too few pixels to show the detail that the model looks at.',
  STRETCHED: 'The image is far from square: it was squeezed into the square that the model reads.',
  FILE_FAULT: 'The file breaks a rule of its format, as some cameras do; the picture itself is whole.',
  POSSIBLY_DAMAGED:
    'The file may be damaged: the picture has a break that a good one would not have. Compare it with the original.',
  UNVERIFIABLE:
    'Damage to a lossless WebP file, or to a TIFF with WebP compression, cannot be detected. Prefer PNG or another TIFF.',
  TRANSPARENT: 'Parts of the image are transparent; they were read as white.',
  EXTRA_CHANNEL: 'Each pixel has a fourth value that the file does not explain; it was left out.',
  COLOUR_SPACE_UNKNOWN:
    'The file says that its colours are not the usual ones (sRGB) and not what they are: they were read as sRGB.',
};

/** A quality warning in a sentence; one that is not known here is at least legible. */
export function explainQuality(warning: string): string {
  const words = warning.replaceAll('_', ' ').toLowerCase();
  return qualitySentences[warning] ?? `Image quality: ${words}.`;
}
