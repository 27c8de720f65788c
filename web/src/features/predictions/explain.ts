import { withheldBy } from '../../../../server/pixels/picture-content.js';
import type { AnswerFragment } from '../../graphql/graphql.js';
import { cellTypeName, outcomeLabels } from '../../ui/labels.js';
import { capitalised, percent, percentThreshold, readable } from '../../ui/format.js';

/** What is shown of an answer, made on the server or on this device. */
export type ShownAnswer = Pick<AnswerFragment, 'outcome' | 'label' | 'cellType' | 'outOfDistributionScore'> &
  WithProbabilities &
  WithRules & {
    cellTypes: readonly { label: string; probability: number }[] | null | undefined;
    qualityWarnings: readonly string[];
  };

interface WithProbabilities {
  probabilities: readonly { label: string; probability: number }[];
  modelVersion: { positiveLabel: string };
}

/** The calibrated probability of the positive class, 0 to 1. Every page shows this probability for every label. */
export function positiveProbability({ probabilities, modelVersion }: WithProbabilities): number {
  return probabilities.find(({ label }) => label === modelVersion.positiveLabel)?.probability ?? 0;
}

/** The label of the negative class. */
export function negativeLabel({ probabilities, modelVersion }: WithProbabilities): string {
  return probabilities.find(({ label }) => label !== modelVersion.positiveLabel)?.label ?? 'other';
}

type WithCellTypes = Pick<ShownAnswer, 'cellType' | 'cellTypes'>;

/** The named cell type with its probability: 'segmented neutrophil, 93.0 %'. Null if none is named. */
export function namedCellType({ cellType, cellTypes }: WithCellTypes): string | null {
  if (cellType === null) return null;
  const probability = cellTypes?.find(({ label }) => label === cellType)?.probability ?? 0;
  return `${cellTypeName(cellType)}, ${percent(probability)}`;
}

/** The same as a line: 'Cell type: segmented neutrophil, 93.0 %'. Null if none is named. */
export function cellTypeText(answer: WithCellTypes): string | null {
  const named = namedCellType(answer);
  return named === null ? null : `Cell type: ${named}`;
}

interface WithRules {
  modelVersion: { decisionThreshold: number; abstentionBand: readonly number[] };
}

/** The probabilities between which a prediction needs review, 0 to 1; null if the version has no abstention band. */
export function abstentionBand({ modelVersion }: WithRules): { low: number; high: number } | null {
  const [low, high] = modelVersion.abstentionBand;
  return low !== undefined && high !== undefined && high > low ? { low, high } : null;
}

/** 'Threshold 50 % · Needs review between 30 % and 70 %': what a probability is compared with. */
export function boundsText(prediction: WithRules): string {
  const band = abstentionBand(prediction);
  const threshold = `Threshold ${percentThreshold(prediction.modelVersion.decisionThreshold)}`;
  if (!band) return threshold;
  const { low, high } = band;
  return `${threshold} · ${outcomeLabels.INDETERMINATE} between ${percentThreshold(low)} and ${percentThreshold(high)}`;
}

/** An outcome in one or two sentences. */
export function explainOutcome(prediction: ShownAnswer): string {
  const band = abstentionBand(prediction);
  if (withheldBy(prediction.qualityWarnings)) {
    return 'The model gives no label, because it can only classify a picture of one whole white blood cell in the size that it was trained on.';
  }
  if (prediction.qualityWarnings.includes('CELL_TYPE_CONTRADICTS')) {
    return 'The model gives no label, because its two answers contradict each other: the cell type that it recognises does not match its label. A reviewer should decide.';
  }
  switch (prediction.outcome) {
    case 'CLASSIFIED': {
      const positive = readable(prediction.modelVersion.positiveLabel);
      return `${capitalised(prediction.label)}: probability of ${positive} ${percent(positiveProbability(prediction))}.`;
    }
    case 'INDETERMINATE':
      return band
        ? `Too close to call: this model gives no label between ${percentThreshold(band.low)} and ${percentThreshold(band.high)}. A reviewer should decide.`
        : 'Too close to call: the model gives no label. A reviewer should decide.';
    case 'OUT_OF_DISTRIBUTION':
      return 'This image is unlike the training images, so the model gives no label. Check that it shows one stained white blood cell, in focus, from a light microscope.';
  }
}

const qualitySentences: Record<string, string> = {
  NO_CELL:
    'No white blood cell was found in this image. Check that it shows one stained white blood cell from a light microscope.',
  SEVERAL_CELLS: 'The image shows several white blood cells. Classify it as a field.',
  CELL_CUT_OFF:
    'The cell is cut off by the border of the image or lies far from its centre. Take the picture again with the whole cell in the centre.',
  SCALE_OUT_OF_RANGE:
    'The cell is much larger or smaller in the image than the cells that the model was trained on. Check the magnification and how closely the image was cropped.',
  SCALE_NEEDED:
    'This version of the model has to know the magnification. Take a picture that also shows red blood cells.',
  SCALE_UNKNOWN:
    'The magnification is unknown, because no red blood cell in the image could be measured. The answer is less certain.',
  CELL_TYPE_CONTRADICTS: 'The recognised cell type contradicts the probability of the label.',
  BLURRED: 'The image looks out of focus.',
  OVEREXPOSED: 'The image is overexposed: its bright areas show no detail.',
  UNDEREXPOSED: 'The image is too dark.',
  LOW_CONTRAST: 'The image has very little contrast.',
  COLOURLESS: 'The image has very little colour. The model was trained on stained cells.',
  LOW_RESOLUTION: 'The resolution of the image is too low to show the detail that the model needs.',
  STRETCHED: 'The image is far from square, so its shapes were distorted to fit the square model input.',
  FILE_FAULT:
    'The file does not fully comply with its format, as with some cameras. The picture itself is complete.',
  POSSIBLY_DAMAGED:
    'The file may be damaged: the picture has a sudden break. Compare it with the original image.',
  UNVERIFIABLE:
    'Damage cannot be detected in lossless WebP files or in TIFF files with WebP compression. Use PNG or a TIFF with another compression.',
  TRANSPARENT: 'Parts of the image are transparent. They were treated as white.',
  EXTRA_CHANNEL: 'The image has a fourth channel that the file does not describe. It was ignored.',
  COLOUR_SPACE_UNKNOWN:
    'The file states that its colour space is not sRGB, but not which one it is. Its colours were read as sRGB.',
};

/** A quality warning in a sentence. A warning that this version of the app does not know is shown by its name. */
export function explainQuality(warning: string): string {
  const words = warning.replaceAll('_', ' ').toLowerCase();
  return qualitySentences[warning] ?? `Image quality: ${words}.`;
}
