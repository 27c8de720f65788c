import type { Sharp } from 'sharp';
import { prepareImage } from '../imaging/prepare-image.js';
import type { Preprocessing } from './preprocessing.js';
import { measure } from './quality.js';
import { randomFrom } from '../imaging/seeded-random.js';
import { drawSmear } from '../imaging/testing.js';

const warningsOf = async (image: Sharp, inputSize = 128) => {
  const preprocessing: Preprocessing = {
    inputSize,
    colour: { kind: 'white-balance', percentile: 95, target: 240 }, // must not hide how the picture was exposed
    mean: [0, 0, 0],
    std: [1, 1, 1],
  };
  return (await prepareImage(await image.png().toBuffer(), preprocessing)).qualityWarnings;
};

describe('quality warnings', () => {
  it.each([64, 128, 224])('a good picture has none at input size %i', async (inputSize) => {
    for (const seed of [1, 2, 3]) expect(await warningsOf(drawSmear({ seed }), inputSize)).toEqual([]);
  });

  it.each<[string, () => Sharp, string[]]>([
    ['out of focus', () => drawSmear().blur(5), ['BLURRED']],
    ['camera shake', () => drawSmear({ width: 600, height: 600 }).blur(12), ['BLURRED']],
    ['too much light', () => drawSmear().linear(1.4), ['OVEREXPOSED']],
    ['too little light', () => drawSmear().linear(0.45), ['UNDEREXPOSED']],
    [
      'an image without colours',
      () => drawSmear().greyscale().toColourspace('srgb'),
      ['NO_CELL', 'COLOURLESS'],
    ],
    ['a small picture', () => drawSmear({ width: 80, height: 80 }), ['LOW_RESOLUTION']],
    ['an oblong picture', () => drawSmear({ width: 320, height: 240 }), ['STRETCHED']],
    ['almost no contrast', () => drawSmear().linear(0.15, 190), ['NO_CELL', 'LOW_CONTRAST', 'COLOURLESS']],
  ])('%s', async (_what, draw, warnings) => {
    expect(await warningsOf(draw())).toEqual(warnings);
  });
});

describe('measure', () => {
  const random = randomFrom(1, 'pixels');
  const SIZE = 1024; // the largest: its sums are too
  it.each<[string, (index: number) => number]>([
    ['noise', () => Math.floor(random.between(0, 256))],
    ['white', () => 255],
    ['a chequerboard', (index) => 255 * ((Math.floor(index / 3) + Math.floor(index / (3 * SIZE))) % 2)],
  ])('gives exactly the values of its formulas for %s', (_what, valueAt) => {
    const pixels = new Uint8Array(SIZE * SIZE * 3).map((_, index) => valueAt(index));
    const at = (index: number, channel: number) => pixels[3 * index + channel] ?? NaN;
    const brightnesses = new Uint8Array(SIZE * SIZE).map((_, index) =>
      Math.floor((at(index, 0) + 2 * at(index, 1) + at(index, 2)) / 4),
    );
    const brightness = (index: number) => brightnesses[index] ?? NaN;
    const sums = { curvature: 0, slope: 0, clipped: 0, colour: 0 };
    for (let index = 0; index < SIZE * SIZE; index++) {
      const red = at(index, 0);
      const green = at(index, 1);
      const blue = at(index, 2);
      const weakest = Math.min(red, green, blue);
      if (weakest >= 254) sums.clipped++;
      sums.colour += Math.max(red, green, blue) - weakest;
      const x = index % SIZE;
      const y = Math.floor(index / SIZE);
      if (x === 0 || y === 0 || x === SIZE - 1 || y === SIZE - 1) continue;
      const left = brightness(index - 1);
      const right = brightness(index + 1);
      const above = brightness(index - SIZE);
      const below = brightness(index + SIZE);
      sums.curvature += (left + right + above + below - 4 * brightness(index)) ** 2;
      sums.slope += ((right - left) ** 2 + (below - above) ** 2) / 4;
    }
    const { sharpness, clipped, colour } = measure(pixels, SIZE);
    expect({ sharpness, clipped, colour }).toEqual({
      sharpness: sums.slope === 0 ? 0 : sums.curvature / sums.slope,
      clipped: sums.clipped / SIZE ** 2,
      colour: sums.colour / SIZE ** 2,
    });
  });
});
