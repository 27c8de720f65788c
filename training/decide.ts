/** Largest share of wrong answers among those that stand, on either side of the abstention band. */
const SELECTIVE_ERROR = 0.02;

/**
 * The probability at or above which an image is called positive: the one with the best balanced accuracy (Youden 1950)
 * on the images given, halfway between the two neighbours it divides. Needs both labels.
 */
export function decisionThreshold(probabilities: readonly number[], isPositive: readonly boolean[]): number {
  const items = sortedByProbability(probabilities, isPositive);
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;

  let below = { positives: 0, negatives: 0 };
  let best = { youden: 0, threshold: 0.5 };
  items.forEach((item, rank) => {
    below = {
      positives: below.positives + Number(item.isPositive),
      negatives: below.negatives + Number(!item.isPositive),
    };
    const next = items[rank + 1];
    if (!next || next.probability === item.probability) return;
    const youden = below.negatives / negatives - below.positives / positives;
    if (youden > best.youden) best = { youden, threshold: (item.probability + next.probability) / 2 };
  });
  return best.threshold;
}

/**
 * `[low, high]` around the threshold and around one half: outside of it at most 2 % of the answers on either side are
 * wrong on the images given, and every answer that stands has a probability above one half.
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

/** The highest probability, at most `limit`, below which the answer 'negative' is wrong for no more than 2 %. */
function standingUpTo(limit: number, items: readonly Item[]): number {
  const candidates = items.filter(({ probability }) => probability <= limit);
  let edge = 0;
  let wrong = 0;
  candidates.forEach(({ probability, isPositive }, rank) => {
    wrong += Number(isPositive);
    const next = candidates[rank + 1];
    if (next?.probability === probability || wrong > SELECTIVE_ERROR * (rank + 1)) return;
    edge = next ? (probability + next.probability) / 2 : limit;
  });
  return edge;
}

function sortedByProbability(probabilities: readonly number[], isPositive: readonly boolean[]): Item[] {
  return probabilities
    .map((probability, index) => ({ probability, isPositive: isPositive[index] ?? false }))
    .sort((a, b) => a.probability - b.probability);
}
