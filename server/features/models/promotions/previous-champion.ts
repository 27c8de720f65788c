import type { PromotionKind } from '../../../database/generated/enums.js';

/** A change of the champion in the promotion history. */
export interface ChampionChange {
  kind: PromotionKind;
  toVersionId: string | null;
}

/**
 * The version that was champion before the current one, from the model's champion changes, oldest first. Null if there was none.
 * A rollback undoes a promotion, so rolling back twice goes back two promotions instead of back and forth. A version that was
 * retired and promoted again does not count as its own predecessor.
 */
export function previousChampion(history: readonly ChampionChange[]): string | null {
  const champions: string[] = [];
  for (const { kind, toVersionId } of history) {
    if (kind === 'ROLLBACK') champions.pop();
    else if (toVersionId !== null && toVersionId !== champions.at(-1)) champions.push(toVersionId);
  }
  return champions.at(-2) ?? null;
}
