import type { Manifest } from '../../artifact/manifest.js';
import type { PromotionPolicy } from '../../promotion-policy.js';
import { fewestComparedImages } from '../models/promotions/fewest-images.js';

/** How many labelled cells a promotion of the fitted version needs, besides the fitted cells, as a sentence. */
export function promotionNeeds(
  policy: PromotionPolicy,
  { positiveLabel }: Pick<Manifest, 'positiveLabel'>,
): string {
  const { positive, negative } = fewestComparedImages(policy);
  if (positive === null || negative === null) {
    return 'The promotion policy of this server requires a sensitivity or specificity that no number of cells can show, so no version can become champion without an override.';
  }
  return (
    `To become champion, the fitted version also needs an evaluation on cells of other patients: at least ${positive} labelled ` +
    `'${positiveLabel}' and ${negative} others, if every answer is right, and more otherwise.`
  );
}
