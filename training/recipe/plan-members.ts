import type { TrainingParameters } from '../../server/features/training/parameters.js';
import { foldItems, type SplitItem, splitItems } from '../dataset/split.js';

/** The images that one network is trained on, and those held out for early stopping, calibration and validation. Indices of items. */
export interface MemberPlan {
  train: readonly number[];
  heldOut: readonly number[];
}

export interface MemberSplits {
  members: MemberPlan[];
  /** Items that are used neither for training nor for decisions. */
  test: number[];
}

/**
 * Assigns the items to members, by whole groups (patients). A single member trains on the training split and is validated
 * on the validation split. For several members, all items outside the test split are divided into one fold per member; each
 * member is validated on its own fold and trained on the others. So every such item is held out by exactly one member,
 * which was trained on no image of its group. The test split does not depend on the number of members. The same items and
 * seed give the same plan.
 *
 * Throws TrainingDataError if there are too few groups.
 */
export function planMembers(
  items: readonly SplitItem[],
  {
    members,
    validationShare,
    testShare,
  }: Pick<TrainingParameters, 'members' | 'validationShare' | 'testShare'>,
  seed: number,
): MemberSplits {
  const chosen = splitItems(items, { seed, validationShare, testShare });
  const indicesOf = (isIn: (index: number) => boolean) =>
    items.flatMap((_, index) => (isIn(index) ? [index] : []));
  const test = indicesOf((index) => chosen[index] === 'test');
  if (members === 1) {
    const train = indicesOf((index) => chosen[index] === 'train');
    return { members: [{ train, heldOut: indicesOf((index) => chosen[index] === 'validation') }], test };
  }
  const shared = indicesOf((index) => chosen[index] !== 'test');
  const foldOf = foldItems(
    shared.flatMap((index) => items[index] ?? []),
    members,
    seed,
  );
  const inFold = (fold: number) => shared.filter((_, position) => foldOf[position] === fold);
  const outOfFold = (fold: number) => shared.filter((_, position) => foldOf[position] !== fold);
  return {
    members: Array.from({ length: members }, (_, fold) => ({
      train: outOfFold(fold),
      heldOut: inFold(fold),
    })),
    test,
  };
}

/**
 * The splits of a plan by name, each item in one of them: train, validation and test, or, of several members, the fold that
 * each of them held out ('fold 1', …) and test.
 */
export function namedSplits({ members, test }: MemberSplits): Record<string, readonly number[]> {
  const [first, ...others] = members;
  const parts =
    first && others.length === 0
      ? { train: first.train, validation: first.heldOut }
      : Object.fromEntries(members.map(({ heldOut }, index) => [`fold ${index + 1}`, heldOut]));
  return { ...parts, test };
}
