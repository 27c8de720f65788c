import { randomFrom } from '../../server/imaging/seeded-random.js';
import { type Augmentation, drawVariant } from './augment.js';
import { variantPainter } from './variant.js';

const still: Augmentation = {
  shift: 0,
  scale: 1,
  stain: 0,
  tone: 1,
  light: 0,
  illumination: 0,
  sharpness: 0,
  blur: 0,
};
const strong: Augmentation = {
  shift: 0.08,
  scale: 1.4,
  stain: 0.4,
  tone: 1.3,
  light: 0.06,
  illumination: 0.15,
  sharpness: 0.8,
  blur: 2,
};
const SIZE = 8;

/** No two pixels alike. */
const image = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => 5 + ((index * 37) % 250));

function variantOf(pixels: Uint8Array, settings: Augmentation, draw: number): Uint8Array {
  const out = new Float32Array(pixels.length);
  variantPainter(SIZE)(pixels, drawVariant(settings, randomFrom('draw', draw)), out);
  return Uint8Array.from(out, Math.round);
}

function pixelsOf(pixels: Uint8Array): string[] {
  return Array.from({ length: SIZE * SIZE }, (_, index) => pixels.subarray(3 * index, 3 * index + 3).join());
}

it('turns and mirrors the square in its eight ways, moving no colour from its pixel', () => {
  const variants = new Set<string>();
  for (let draw = 0; draw < 100; draw++) {
    const variant = variantOf(image, still, draw);
    expect(pixelsOf(variant).sort()).toEqual(pixelsOf(image).sort());
    variants.add(variant.join());
  }
  expect(variants.size).toBe(8);
  expect(variants).toContain(image.join());
});

it('draws another variant each time, and the same one from the same seed', () => {
  const variants = new Set(Array.from({ length: 50 }, (_, draw) => variantOf(image, strong, draw).join()));
  expect(variants.size).toBe(50);
  expect(variantOf(image, strong, 3)).toEqual(variantOf(image, strong, 3));
});

it('sharpens half of the images and blurs the others, half of these by less than a quarter of the most', () => {
  const drawn = Array.from({ length: 400 }, (_, draw) => {
    return drawVariant({ ...still, sharpness: 0.8, blur: 2 }, randomFrom('draw', draw)).sharpness;
  });
  expect(Math.min(...drawn)).toBeLessThan(-1.8);
  expect(Math.max(...drawn)).toBeGreaterThan(0.7);
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(0.8);
  const blurred = drawn.filter((sharpness) => sharpness < 0);
  expect(blurred.length / drawn.length).toBeCloseTo(0.5, 1);
  expect(blurred.filter((sharpness) => sharpness > -0.5).length / blurred.length).toBeCloseTo(0.5, 1);
});

it('stays close to the image in colour, on average', () => {
  const cell = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => [150, 90, 170][index % 3] ?? 0);
  const settings = { ...strong, illumination: 0.25 };
  for (const [channel, level] of [150, 90, 170].entries()) {
    const levels = Array.from({ length: 600 }, (_, draw) => variantOf(cell, settings, draw)[channel] ?? NaN);
    const mean = levels.reduce((sum, value) => sum + value, 0) / levels.length;
    expect(Math.abs(mean - level)).toBeLessThan(12);
    expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(60);
  }
});
