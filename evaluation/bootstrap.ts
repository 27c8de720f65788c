import { randomFrom } from '../server/imaging/seeded-random.js';

/**
 * The units of which bootstrap samples are drawn. Each list gives for every item the number of its unit, from 0. Where groups
 * (patients) are known, whole groups are drawn, and in a second bootstrap single items. With few groups, or few groups of one
 * class, the interval by group is too narrow; therefore callers report the wider interval.
 */
export function bootstrapUnits(items: readonly { group: string | null }[]): number[][] {
  const single = items.map((_, index) => index);
  return items.some(({ group }) => group !== null) ? [unitsByGroup(items), single] : [single];
}

/** For every item the number of its group, from 0. An item without a group is a separate group. */
function unitsByGroup(items: readonly { group: string | null }[]): number[] {
  const known = new Map<string, number>();
  let count = 0;
  return items.map(({ group }) => {
    const unit = group === null ? undefined : known.get(group);
    if (unit !== undefined) return unit;
    if (group !== null) known.set(group, count);
    return count++;
  });
}

/**
 * Draws bootstrap samples of the units with replacement (Efron & Tibshirani 1993). Yields how often each item is in a sample. The
 * array is the same for every sample: read it before the next one. The same seed gives the same samples.
 */
export function* bootstrapSamples(
  units: readonly number[],
  seed: number,
  replicates: number,
): Generator<Float64Array> {
  const unitCount = units.reduce((most, unit) => Math.max(most, unit + 1), 0);
  const random = randomFrom(seed, 'bootstrap');
  const drawn = new Uint32Array(unitCount);
  const unitOf = Uint32Array.from(units);
  const weights = new Float64Array(units.length);
  for (let done = 0; done < replicates; done++) {
    drawn.fill(0);
    for (let draw = 0; draw < unitCount; draw++) {
      const unit = random.below(unitCount);
      drawn[unit] = (drawn[unit] ?? 0) + 1;
    }
    for (let index = 0; index < unitOf.length; index++) weights[index] = drawn[unitOf[index] ?? 0] ?? 0;
    yield weights;
  }
}
