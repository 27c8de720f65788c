import { SIMULATED_SCANNERS } from './simulated-scanners.js';
import { variantPainter } from './variant.js';

const SIZE = 4;

/** Optical densities of a plain colour as the scanner shows it. */
function densities(name: string, colour: readonly number[]): number[] {
  const scanner = SIMULATED_SCANNERS.find((one) => one.name === name);
  if (!scanner) throw new Error(`There is no '${name}'.`);
  const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => colour[index % 3] ?? 0);
  const out = new Float32Array(pixels.length);
  variantPainter(SIZE)(pixels, scanner.variant, out);
  return Array.from(out.subarray(0, 3), (level) => -Math.log(level / 255));
}

it('multiplies what the nuclear dye absorbs, and leaves the eosin less', () => {
  // Levels of haematoxylin alone and of eosin alone, of the densities 0.8 · (0.65, 0.7, 0.29) and 0.8 · (0.07, 0.99, 0.11).
  const nuclear = densities('more of the nuclear dye', [152, 146, 202]);
  const eosin = densities('more of the nuclear dye', [241, 115, 234]);
  [0.65, 0.7, 0.29].forEach((part, channel) => expect(nuclear[channel]).toBeCloseTo(1.45 * 0.8 * part, 1));
  [0.07, 0.99, 0.11].forEach((part, channel) => expect(eosin[channel]).toBeCloseTo(0.7 * 0.8 * part, 1));
});

it('changes every image, each scanner differently', () => {
  const pixels = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => 20 + ((index * 53) % 220));
  const shown = SIMULATED_SCANNERS.map(({ variant }) => {
    const out = new Float32Array(pixels.length);
    variantPainter(SIZE)(pixels, variant, out);
    return out.join();
  });
  expect(new Set([...shown, pixels.join()]).size).toBe(SIMULATED_SCANNERS.length + 1);
});
