import type { PromotionKind } from '../../../database/generated/enums.js';

/** A change of the champion in the promotion history. */
export interface ChampionChange {
  kind: PromotionKind;
  toVersionId: string | null;
}

/**
 * The versions that a rollback may return to, the last champion first, from the model's champion changes, oldest first. While
 * there is a champion, they are the champions before it. After a retirement, the retired version is the first of them.
 * A rollback undoes promotions, so rolling back twice goes back two promotions instead of back and forth. A version that was
 * retired and promoted again does not count as its own predecessor.
 */
export function previousChampions(history: readonly ChampionChange[]): string[] {
  const champions: string[] = [];
  for (const { kind, toVersionId } of history) {
    if (toVersionId === null) continue;
    if (kind === 'ROLLBACK') while (champions.length > 0 && champions.at(-1) !== toVersionId) champions.pop();
    if (toVersionId !== champions.at(-1)) champions.push(toVersionId);
  }
  const current = history.at(-1)?.toVersionId ?? null;
  if (current !== null) champions.pop();
  return champions.reverse();
}
