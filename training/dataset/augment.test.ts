import { randomFrom } from '../../server/imaging/seeded-random.js';
import { type Augmentation, augment } from './augment.js';

const still: Augmentation = { shift: 0, scale: 1, colour: 0, illumination: 0 };
const strong: Augmentation = { shift: 0.08, scale: 1.25, colour: 0.3, illumination: 0.25 };
const SIZE = 8;

/** No two pixels alike. */
const image = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => (index * 37) % 251);

function variantOf(pixels: Uint8Array, settings: Augmentation, draw: number): Uint8Array {
  const out = new Uint8Array(pixels.length);
  augment(pixels, SIZE, settings, randomFrom('draw', draw), out);
  return out;
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

it('keeps an empty slide empty: no border comes in, whatever the shift and scale', () => {
  const slide = new Uint8Array(SIZE * SIZE * 3).fill(200);
  for (let draw = 0; draw < 50; draw++) {
    expect(new Set(pixelsOf(variantOf(slide, strong, draw))).size).toBe(1);
  }
});

it('stays close to the image in brightness, on average', () => {
  const slide = new Uint8Array(SIZE * SIZE * 3).fill(200);
  const levels = Array.from({ length: 400 }, (_, draw) => variantOf(slide, strong, draw)[0] ?? NaN);
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  expect(Math.abs(mean - 200)).toBeLessThan(8);
  expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(30);
});
