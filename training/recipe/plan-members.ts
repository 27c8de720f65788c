import type { TrainingParameters } from '../../server/features/training/parameters.js';
import { foldItems, type SplitItem, splitItems } from '../dataset/split.js';

/** What one network is trained on, and what it is stopped, calibrated and judged on. Indices of items. */
export interface MemberPlan {
  train: readonly number[];
  heldOut: readonly number[];
}

export interface MemberSplits {
  members: MemberPlan[];
  /** Items that no member sees and nothing is decided on. */
  test: number[];
}

/**
 * Deals the items out, whole groups (patients) at a time. One member trains on the training split and is held to the
 * validation split. Several share all that is not of the test split, which is the same however many they are: it is divided
 * into as many folds, and each member is held to its own fold and trains on the others. So every such item is held out by
 * exactly one member, which has seen no image of its group. The same items and seed give the same plan.
 *
 * Throws TrainingDataError when there are too few groups for it.
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
