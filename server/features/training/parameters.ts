import { z } from 'zod';

/** Epochs a run may have. */
export const LONGEST_RUN = 500;

/**
 * Everything that decides what a training run does, beside its snapshot, positive label and seed. Kept with the run,
 * defaults included, so that a run can be repeated after the defaults have changed.
 */
export const TrainingParameters = z
  .strictObject({
    /** Passes over the training images; early stopping may end sooner. */
    epochs: z.int().min(1).max(LONGEST_RUN).default(50),
    /** Images a step. */
    batchSize: z.int().min(1).max(512).default(32),
    /** Adam's step size at the start. */
    learningRate: z.number().min(1e-6).max(0.1).default(2e-3),
    /**
     * Number of networks in the version. With several, the patients are divided into as many folds: each network is trained
     * without one fold and validated on it, and the version answers with the mean of their calibrated scores. The cost of an
     * answer grows with the number of networks.
     */
    members: z.int().min(1).max(8).default(1),
    /** Side of the square the network sees, in pixels. */
    inputSize: z.int().min(32).max(512).multipleOf(16).default(64),
    /**
     * Part of the picture's width and height, about the centre, that the network sees. Then every picture must have the same scale and
     * the cell in its centre. By default the network sees a square around the found cell, of a fixed width in micrometres where red
     * cells give the scale, else of a multiple of the cell's diameter.
     */
    crop: z.number().min(0.3).max(1).optional(),
    /** Epochs without a lower validation loss after which training stops. */
    patience: z.int().min(1).max(LONGEST_RUN).default(15),
    /** Flips, quarter turns, shifts, zoom, stain, light and focus, drawn again for every image and epoch. */
    augmentation: z.boolean().default(true),
    /** Scale colours so that the slide's background is white: what survives a change of scanner. */
    whiteBalance: z.boolean().default(true),
    /** Weigh the classes so that the positive counts as much as the rest, and rare labels of the rest are not lost. */
    classWeights: z.boolean().default(true),
    /** Where the snapshot has more than two labels: learn to tell all of them apart too, while training. */
    auxiliaryLabels: z.boolean().default(true),
    /** Calibrate and decide on the held-out images also as simulated scanners would show them. */
    simulatedScanners: z.boolean().default(true),
    /** Share of the positives among the held-out images that the decision threshold is to find. */
    targetSensitivity: z.number().min(0.5).max(0.999).default(0.95),
    /**
     * Share of the groups (patients) held out to stop, calibrate and choose the threshold on; no effect on given splits.
     * Several members hold out a fold each instead.
     */
    validationShare: z.number().min(0.05).max(0.45).default(0.15),
    /** Share of the groups that nothing is decided on, only measured; no effect on given splits. */
    testShare: z.number().min(0).max(0.45).default(0.15),
  })
  .describe('The recipe of a training run.');
export type TrainingParameters = z.infer<typeof TrainingParameters>;

/** A parameter as GraphQL carries it. */
export interface ParameterText {
  name: string;
  value: string;
}

/** Parameters as a schedule keeps them. */
export const ParameterTexts = z.array(z.object({ name: z.string(), value: z.string() }));

/** What is wrong with one given parameter, in a sentence that says what would be right. */
export interface ParameterProblem {
  index: number;
  message: string;
}

/**
 * Reads parameters given as text and fills in the defaults. `epochs`, where given apart, counts as one of them.
 * Unknown names, names given twice and values out of range are all reported, by their index in `given` (-1: `epochs`).
 */
export function readParameters(
  given: readonly ParameterText[],
  epochs?: number | null,
): { parameters: TrainingParameters } | { problems: ParameterProblem[] } {
  const texts = epochs == null ? given : [...given, { name: 'epochs', value: String(epochs) }];
  const problems: ParameterProblem[] = [];
  const values: Record<string, unknown> = {};
  const indexOf = new Map<string, number>();

  texts.forEach(({ name, value }, position) => {
    const index = position < given.length ? position : -1;
    if (!Object.hasOwn(TrainingParameters.shape, name)) {
      const known = Object.keys(TrainingParameters.shape).join(', ');
      problems.push({ index, message: `There is no parameter '${name}'. There are: ${known}.` });
    } else if (indexOf.has(name)) {
      problems.push({ index, message: `The parameter '${name}' is given twice.` });
    } else {
      indexOf.set(name, index);
      values[name] = typedValue(value);
    }
  });

  const parsed = TrainingParameters.safeParse(values);
  if (parsed.success && problems.length === 0) return { parameters: parsed.data };
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    problems.push({ index: indexOf.get(name) ?? -1, message: `The parameter '${name}': ${issue.message}.` });
  }
  return { problems };
}

/** The parameters as GraphQL carries them, in the order of the recipe. */
export function parameterTexts(parameters: TrainingParameters): ParameterText[] {
  return Object.entries(parameters).map(([name, value]) => ({ name, value: String(value) }));
}

/** 'true' and 'false' are booleans and what reads as a finite number is one; the recipe's types decide on the rest. */
function typedValue(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  const number = Number(trimmed);
  return trimmed !== '' && Number.isFinite(number) ? number : text;
}
