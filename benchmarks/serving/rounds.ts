/** Each of the plans once in each round, which is counted from 1. Every second round has the opposite order, so that no plan is always the first. */
export function* interleaved<Plan>(
  plans: readonly Plan[],
  rounds: number,
): Generator<{ round: number; plan: Plan }> {
  for (let round = 1; round <= rounds; round++) {
    for (const plan of round % 2 === 0 ? plans.toReversed() : plans) yield { round, plan };
  }
}
