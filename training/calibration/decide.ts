/** The largest share of wrong answers among those not withheld, on either side of the abstention band. */
const SELECTIVE_ERROR = 0.02;
/** The largest share of a class whose answer is wrong and not withheld. It matters if the other class is much more frequent. */
const WRONG_OF_CLASS = 0.02;

/**
 * The decision threshold: the highest probability at which the sensitivity on the given images is at least
 * `targetSensitivity`, placed halfway to the next lower image. Needs at least one positive image.
 */
export function decisionThreshold(
  probabilities: readonly number[],
  isPositive: readonly boolean[],
  targetSensitivity: number,
): number {
  const items = sortedByProbability(probabilities, isPositive);
  const positives = items.filter((item) => item.isPositive);
  const needed = Math.max(1, Math.ceil(targetSensitivity * positives.length));
  const lowest = positives[positives.length - needed]?.probability ?? 0.5;
  const below = items.findLast(({ probability }) => probability < lowest)?.probability ?? lowest;
  return (lowest + below) / 2;
}

/**
 * `[low, high]` around the threshold and around one half: outside of it at most 2 % of the answers on either side are
 * wrong on the images given, and at most 2 % of the images of a class are answered wrongly; every answer that is not withheld has a
 * probability above one half.
 */
export function abstentionBand(
  probabilities: readonly number[],
  isPositive: readonly boolean[],
  threshold: number,
): [number, number] {
  const low = standingUpTo(Math.min(threshold, 0.5), sortedByProbability(probabilities, isPositive));
  const mirrored = sortedByProbability(
    probabilities.map((probability) => 1 - probability),
    isPositive.map((positive) => !positive),
  );
  const high = 1 - standingUpTo(1 - Math.max(threshold, 0.5), mirrored);
  return [low, high];
}

interface Item {
  probability: number;
  isPositive: boolean;
}

/** The highest probability, at most `limit`, below which the answer 'negative' is wrong for no more than 2 % of them and of the positives. */
function standingUpTo(limit: number, items: readonly Item[]): number {
  const candidates = items.filter(({ probability }) => probability <= limit);
  const mostWrong = WRONG_OF_CLASS * items.filter(({ isPositive }) => isPositive).length;
  let edge = 0;
  let wrong = 0;
  candidates.forEach(({ probability, isPositive }, rank) => {
    wrong += Number(isPositive);
    const next = candidates[rank + 1];
    if (next?.probability === probability || wrong > Math.min(SELECTIVE_ERROR * (rank + 1), mostWrong))
      return;
    edge = next ? (probability + next.probability) / 2 : limit;
  });
  return edge;
}

function sortedByProbability(probabilities: readonly number[], isPositive: readonly boolean[]): Item[] {
  return probabilities
    .map((probability, index) => ({ probability, isPositive: isPositive[index] ?? false }))
    .sort((a, b) => a.probability - b.probability);
}
