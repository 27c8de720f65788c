import type { PromotionKind } from '../../../database/generated/enums.js';

/** A change of the champion, as the history keeps it. */
export interface ChampionChange {
  kind: PromotionKind;
  toVersionId: string | null;
}

/**
 * The version that was champion before the present one, from the model's champion changes, oldest first; null where
 * there was none. A rollback undoes a promotion, so rolling back twice goes two promotions back, not back and forth. A
 * version that was retired and promoted again comes after itself: that is no step to go back.
 */
export function previousChampion(history: readonly ChampionChange[]): string | null {
  const champions: string[] = [];
  for (const { kind, toVersionId } of history) {
    if (kind === 'ROLLBACK') champions.pop();
    else if (toVersionId !== null && toVersionId !== champions.at(-1)) champions.push(toVersionId);
  }
  return champions.at(-2) ?? null;
}
