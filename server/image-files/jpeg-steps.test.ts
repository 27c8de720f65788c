import { type HuffmanTable, huffmanTable, symbolOf } from './jpeg-entropy.js';
import { bandSteps, STEP_BITS } from './jpeg-steps.js';
import { randomFrom } from '../imaging/seeded-random.js';

/** A table of random codes in which each length has at most so many that longer ones are left. */
function randomTable(seed: number): HuffmanTable {
  const random = randomFrom('table', seed);
  const counts = new Uint8Array(16);
  let free = 1;
  for (let length = 0; length < 16; length++) {
    free = Math.min(2 * free, 256);
    counts[length] = Math.min(random.below(4), free - 1);
    free -= counts[length] ?? 0;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  const symbols = Uint8Array.from({ length: total }, (_, index) => (index === 2 ? 0 : random.below(256)));
  const table = huffmanTable(Buffer.concat([counts, symbols]));
  if (!table) throw new Error('The table is not possible.');
  return table;
}

/** The codes that `ahead` begins with, one by one, as far as they lie within it. */
function oneByOne(table: HuffmanTable, ahead: number): { bits: number; coefficients: number; end: boolean } {
  const text = ahead.toString(2).padStart(STEP_BITS, '0');
  let [bits, coefficients] = [0, 0];
  while (bits < STEP_BITS) {
    const found = symbolOf(table, parseInt(text.slice(bits).padEnd(16, '0'), 2));
    if (found === 0 || bits + (found & 0xff) > STEP_BITS) break;
    const [run, size] = [found >> 12, (found >> 8) & 15];
    bits += (found & 0xff) + size;
    if (run === 0 && size === 0) return { bits, coefficients, end: true };
    coefficients += run + 1;
  }
  return { bits, coefficients, end: false };
}

it.each([1, 2, 3, 4, 5])('a step leads as far as its codes do one by one, in random table %i', (seed) => {
  const table = randomTable(seed);
  const steps = bandSteps(table);
  expect(steps).toHaveLength(2 ** STEP_BITS);
  const found = Array.from(steps, (step) => ({
    bits: step & 0xff,
    coefficients: (step >> 8) & 0xff,
    end: step >> 16 === 1,
  }));
  expect(found).toEqual(Array.from(steps, (_, ahead) => oneByOne(table, ahead)));
  expect(found.some(({ end }) => end)).toBe(true);
  expect(bandSteps(table)).toBe(steps);
});
