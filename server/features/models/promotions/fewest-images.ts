import type { PromotionPolicy } from '../../../promotion-policy.js';
import { wilsonInterval } from '../../../artifact/wilson-interval.js';

/** With a minimum of 1, no number of images is enough. */
const SEARCHED = 100_000;

/**
 * The smallest number of images of each class with which an evaluation can meet the policy's minimum sensitivity and specificity: as
 * many as are needed if every answer is right. Null where no number is enough, 1 where the policy has no minimum.
 */
export function fewestImages({ minSensitivity, minSpecificity }: PromotionPolicy): {
  positive: number | null;
  negative: number | null;
} {
  return { positive: fewestFor(minSensitivity), negative: fewestFor(minSpecificity) };
}

/** The smallest number of images of each class that a fit is compared with the champion on, regardless of the policy. */
const FEWEST_COMPARED = 10;

/** {@link fewestImages}, and at least 10 of each class: the number of images that a fit is compared with the champion on. */
export function fewestComparedImages(policy: PromotionPolicy): ReturnType<typeof fewestImages> {
  const { positive, negative } = fewestImages(policy);
  return {
    positive: positive && Math.max(FEWEST_COMPARED, positive),
    negative: negative && Math.max(FEWEST_COMPARED, negative),
  };
}

function fewestFor(minimum: number | null): number | null {
  if (minimum === null) return 1;
  for (let count = 1; count <= SEARCHED; count++) {
    if (wilsonInterval(count, count).lower >= minimum) return count;
  }
  return null;
}
