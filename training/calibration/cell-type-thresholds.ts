import { wilsonInterval } from '../../server/artifact/wilson-interval.js';

/** A type with fewer training cells is never named. */
export const FEWEST_TRAINING_CELLS = 50;
/** The lower limit of the 95 % interval of the share of named cells that are of the named type. */
const PRECISION = 0.9;
/** The largest share of the cells of any other type that get the name. It matters for rare types, which hardly change the precision. */
const WRONG_OF_TYPE = 0.1;
/** The fewest patients whose cells are named right. Cells of one patient are alike, so many of one patient show little. */
export const FEWEST_PATIENTS = 5;
/** A named type is more probable than all others together. */
const LOWEST = 0.5;

/** What a held-out image says about the threshold of one label. */
export interface TypeEvidence {
  /** Probability of the label if it is the most probable one; else null. */
  probability: number | null;
  /** The right label. */
  actual: string;
  /** How much the image counts. */
  weight: number;
  /** Patient; null if unknown, which counts as a separate patient. */
  group: string | null;
}

/**
 * The threshold of a label: the lowest probability, at least one half, at which
 * - the lower limit of Wilson's 95 % interval of the precision is at least 0.9, among the images of which the label is the most
 *   probable one and reaches the threshold,
 * - the right ones among them are of at least five patients, and
 * - at most a tenth of the images of every other label, or one image, are named so.
 * Null if there is none. The second condition also limits how often cells of a type that is not in the training images get a name of
 * another type: `benchmarks/left-out-types` measures that.
 */
export function cellTypeThreshold(label: string, images: readonly TypeEvidence[]): number | null {
  const total = new Map<string, number>();
  for (const { actual, weight } of images) total.set(actual, (total.get(actual) ?? 0) + weight);

  const ranked = images
    .flatMap(({ probability, ...image }) =>
      probability !== null && probability >= LOWEST ? [{ ...image, probability }] : [],
    )
    .sort((one, other) => other.probability - one.probability);
  const named = new Map<string, number>();
  let threshold: number | null = null;
  let count = 0;
  const patients = new Set<string>();
  let withoutPatient = 0;
  for (const [rank, { probability, actual, weight, group }] of ranked.entries()) {
    count += weight;
    if (actual === label) {
      if (group === null) withoutPatient += weight;
      else patients.add(group);
    }
    named.set(actual, (named.get(actual) ?? 0) + weight);
    if (ranked[rank + 1]?.probability === probability) continue;
    const isWithin = [...named].every(
      ([other, cells]) => other === label || cells <= Math.max(1, WRONG_OF_TYPE * (total.get(other) ?? 0)),
    );
    if (!isWithin) break; // lower probabilities name more of them
    if (patients.size + withoutPatient < FEWEST_PATIENTS) continue;
    if (wilsonInterval(named.get(label) ?? 0, count).lower >= PRECISION) threshold = probability;
  }
  return threshold;
}
