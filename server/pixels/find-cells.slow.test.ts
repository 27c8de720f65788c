import { randomFrom } from '../imaging/seeded-random.js';
import { findCells } from './find-cells.js';
import { DrawnSmear, PLATELET } from './testing.js';

/** Far more than a search takes, for a very busy machine: a search whose time grows with the square of the specks takes minutes. */
const BOUND_MS = 30_000;

function timed(smear: DrawnSmear) {
  const pixels = smear.pixels();
  const begun = performance.now();
  const found = findCells(pixels, smear.width, smear.height);
  return { found, ms: performance.now() - begun };
}

it('searches 40 megapixels with 5,000 specks in bounded time', () => {
  const random = randomFrom('specks');
  const smear = new DrawnSmear(8000, 5000);
  for (let speck = 0; speck < 5000; speck++) {
    smear.disc(random.between(0, 8000), random.between(0, 5000), random.between(6, 30), PLATELET);
  }
  const { ms } = timed(smear);
  expect(ms).toBeLessThan(BOUND_MS);
}, 120_000);

it('searches a mosaic of 5,000 touching cells in bounded time, and finds most of them', () => {
  const smear = new DrawnSmear(6000, 3000);
  for (let cell = 0; cell < 5000; cell++) {
    smear.whiteCell(30 + 60 * (cell % 100), 30 + 60 * Math.floor(cell / 100), 60, 44);
  }
  const { found, ms } = timed(smear);
  expect(ms).toBeLessThan(BOUND_MS);
  expect(found.cells.length).toBeGreaterThan(4500);
}, 120_000);
