interface Epoch {
  /** Counts on through the members. */
  epoch: number;
}

/**
 * The epochs of each member of a run, one after the other, each counted from 1.
 *
 * @param epochsEach how many epochs each member has
 */
export function epochsByMember<E extends Epoch>(epochs: readonly E[], epochsEach: number): E[][] {
  const members: E[][] = [];
  for (const one of epochs) {
    const member = Math.floor((one.epoch - 1) / epochsEach);
    (members[member] ??= []).push({ ...one, epoch: one.epoch - member * epochsEach });
  }
  return members;
}
