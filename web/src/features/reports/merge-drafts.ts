import type { DraftForm } from './kept-draft.js';

/** What the user has changed since `base`, and for the rest what somebody else has saved. */
export function mergeDrafts(base: DraftForm, mine: DraftForm, theirs: DraftForm): DraftForm {
  const isChanged = differences(base, mine);
  return {
    conclusion: isChanged.conclusion ? mine.conclusion : theirs.conclusion,
    fewCellsReason: isChanged.fewCellsReason ? mine.fewCellsReason : theirs.fewCellsReason,
    chosen: isChanged.chosen ? mine.chosen : theirs.chosen,
  };
}

/** Which parts of two drafts differ. */
export function differences(one: DraftForm, other: DraftForm): Record<keyof DraftForm, boolean> {
  return {
    conclusion: one.conclusion.trim() !== other.conclusion.trim(),
    fewCellsReason: one.fewCellsReason.trim() !== other.fewCellsReason.trim(),
    chosen: one.chosen.join() !== other.chosen.join(),
  };
}
