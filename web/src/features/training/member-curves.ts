interface Epoch {
  /** Numbered from 1 across all members. */
  epoch: number;
}

/**
 * Splits the epochs of a run by member, and numbers the epochs of each member from 1.
 *
 * @param epochsEach the number of epochs of each member
 */
export function epochsByMember<E extends Epoch>(epochs: readonly E[], epochsEach: number): E[][] {
  const members: E[][] = [];
  for (const one of epochs) {
    const member = Math.floor((one.epoch - 1) / epochsEach);
    (members[member] ??= []).push({ ...one, epoch: one.epoch - member * epochsEach });
  }
  return members;
}
