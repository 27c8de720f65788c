import type { Manifest } from '../../artifact/manifest.js';
import type { PromotionPolicy } from '../../promotion-policy.js';
import { fewestImages } from '../models/promotions/fewest-images.js';

/** How many labelled cells a promotion of the fitted version needs, besides the fitted cells, as a sentence. */
export function promotionNeeds(
  policy: PromotionPolicy,
  { positiveLabel }: Pick<Manifest, 'positiveLabel'>,
): string {
  const { positive, negative } = fewestImages(policy);
  if (policy.evaluation !== 'required') {
    return 'The promotion policy of this server does not require an evaluation on other cells. Evaluate the fitted version on cells of other patients anyway, because its own figures are of few cells.';
  }
  if (positive === null || negative === null) {
    return 'The promotion policy of this server requires a sensitivity or specificity that no number of cells can show, so no version can become champion without an override.';
  }
  return (
    `To become champion, the fitted version also needs an evaluation on cells of other patients: at least ${positive} labelled ` +
    `'${positiveLabel}' and ${negative} others, if every answer is right, and more otherwise.`
  );
}
