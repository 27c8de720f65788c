import type { Sharp } from 'sharp';
import { prepareImage } from './prepare-image.js';
import type { Preprocessing } from './preprocessing.js';
import { drawSmear } from './testing.js';

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
  it.each([64, 128, 224])('a good picture carries none at input size %i', async (inputSize) => {
    for (const seed of [1, 2, 3]) expect(await warningsOf(drawSmear({ seed }), inputSize)).toEqual([]);
  });

  it.each<[string, () => Sharp, string[]]>([
    ['out of focus', () => drawSmear().blur(5), ['BLURRED']],
    ['a hand that shook', () => drawSmear({ width: 600, height: 600 }).blur(12), ['BLURRED']],
    ['too much light', () => drawSmear().linear(1.4), ['OVEREXPOSED']],
    ['too little light', () => drawSmear().linear(0.45), ['UNDEREXPOSED']],
    ['an image without colours', () => drawSmear().greyscale().toColourspace('srgb'), ['COLOURLESS']],
    ['a small picture', () => drawSmear({ width: 80, height: 80 }), ['LOW_RESOLUTION']],
    ['an oblong picture', () => drawSmear({ width: 320, height: 240 }), ['STRETCHED']],
    ['next to no contrast', () => drawSmear().linear(0.15, 190), ['LOW_CONTRAST', 'COLOURLESS']],
  ])('%s', async (_what, draw, warnings) => {
    expect(await warningsOf(draw())).toEqual(warnings);
  });
});
