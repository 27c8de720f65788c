import { randomFrom } from '../imaging/seeded-random.js';
import { findCells } from './find-cells.js';
import { DrawnSmear } from './testing.js';

/** Far more than a search takes on a very busy machine; a search whose time grows with the square of the specks takes minutes. */
const BOUND_MS = 30_000;

function timed(pixels: Uint8Array, width: number, height: number) {
  const begun = performance.now();
  const found = findCells(pixels, width, height);
  return { found, ms: performance.now() - begun };
}

it('searches 40 megapixels with 5,000 specks in bounded time', () => {
  const random = randomFrom('specks');
  const [width, height] = [8000, 5000];
  const pixels = new Uint8Array(width * height * 3).fill(235);
  for (let speck = 0; speck < 5000; speck++) {
    const side = 6 + random.below(24);
    const corner = random.below(height - side) * width + random.below(width - side);
    for (let at = 0; at < side * side; at++) {
      pixels.set([120, 100, 160], 3 * (corner + Math.floor(at / side) * width + (at % side)));
    }
  }
  const { found, ms } = timed(pixels, width, height);
  expect(ms).toBeLessThan(BOUND_MS);
  expect(found.cells).toEqual([]);
});

it('searches a mosaic of 1,200 touching cells in bounded time, and finds most of them', () => {
  const smear = new DrawnSmear(3000, 1500);
  for (let cell = 0; cell < 1200; cell++) {
    smear.whiteCell(30 + 60 * (cell % 50), 30 + 60 * Math.floor(cell / 50), 60, 44);
  }
  for (let x = 30; x < 2980; x += 60) smear.redCell(x, 1475, 40);
  const { found, ms } = timed(smear.pixels(), smear.width, smear.height);
  expect(ms).toBeLessThan(BOUND_MS);
  expect(found.cells.length).toBeGreaterThan(1100);
});
