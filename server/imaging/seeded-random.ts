/** A stream of pseudo-random numbers that depends only on its seed. */
export interface Random {
  /** The next number, uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** A whole number, uniform in 0..count-1. */
  below(count: number): number;
}

/**
 * The stream named by `seeds`: the same names, the same numbers, on every machine. Draws are named by what they are for
 * (`randomFrom(seed, 'augment', epoch, item)`), so no position in a stream ever has to be kept or restored.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded by 32-bit FNV-1a over the names.
 */
export function randomFrom(...seeds: (number | string)[]): Random {
  let a = fnv1a(seeds, 0x811c9dc5);
  let b = fnv1a(seeds, 0x9e3779b9);
  let c = fnv1a(seeds, 0x85ebca6b);
  let counter = 1;
  const next32 = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) next32();

  const next = () => next32() / 0x1_0000_0000;
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    below: (count) => Math.floor(next() * count),
  };
}

/** Shuffles in place (Fisher and Yates) and returns the same array. */
export function shuffle<T>(values: T[], random: Random): T[] {
  for (let last = values.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const kept = values[last] as T;
    values[last] = values[other] as T;
    values[other] = kept;
  }
  return values;
}

function fnv1a(seeds: (number | string)[], basis: number): number {
  let hash = basis;
  for (const seed of seeds) {
    for (const character of `${seed}|`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
  }
  return hash;
}
