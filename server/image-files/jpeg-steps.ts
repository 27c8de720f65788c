import { type HuffmanTable, symbolOf } from './jpeg-entropy.js';

/** Bits that are looked at together. With one more the table takes longer to make than it saves on a picture of one cell. */
export const STEP_BITS = 10;

/**
 * By the next `STEP_BITS` bits, how far the AC codes that lie whole within them lead, all at once: bits that they take with
 * their values (bits 0–7), coefficients (bits 8–15), and whether the last one ends the block (bit 16). 0 where not one does.
 * The value after the last code may reach beyond the bits: it is not read, only left out.
 */
export function bandSteps(table: HuffmanTable): Int32Array {
  const known = stepsOf.get(table);
  if (known) return known;
  const steps = new Int32Array(1 << STEP_BITS);
  for (let ahead = 0; ahead < steps.length; ahead++) {
    const aligned = ahead << (16 - STEP_BITS);
    let bits = 0;
    let coefficients = 0;
    let isEnd = 0;
    while (bits < STEP_BITS && isEnd === 0) {
      const found = symbolOf(table, (aligned << bits) & 0xffff);
      const length = found & 0xff;
      if (found === 0 || bits + length > STEP_BITS) break;
      const runAndSize = found >> 8;
      bits += length + (runAndSize & 15);
      if (runAndSize === 0) isEnd = 1;
      else coefficients += (runAndSize >> 4) + 1;
    }
    steps[ahead] = bits | (coefficients << 8) | (isEnd << 16);
  }
  stepsOf.set(table, steps);
  return steps;
}

const stepsOf = new WeakMap<HuffmanTable, Int32Array>();
