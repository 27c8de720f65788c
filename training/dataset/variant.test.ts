import { variantPainter, asItIs, type Variant } from './variant.js';

const SIZE = 16;

function variantOf(pixels: Uint8Array, changes: Partial<Variant>): Uint8Array {
  const out = new Float32Array(pixels.length);
  variantPainter(SIZE)(pixels, { ...asItIs, ...changes }, out);
  return Uint8Array.from(out, Math.round);
}

function plain(...colour: [number, number, number]): Uint8Array {
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => colour[index % 3] ?? 0);
}

/** White, with a dark square of `side` pixels in the middle. */
function squareOf(side: number): Uint8Array {
  const isInside = (at: number) => Math.abs(at - (SIZE - 1) / 2) < side / 2;
  return Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => {
    const pixel = Math.floor(index / 3);
    return isInside(pixel % SIZE) && isInside(Math.floor(pixel / SIZE)) ? 40 : 255;
  });
}

function darkPixels(pixels: Uint8Array): number {
  return pixels.filter((level) => level < 148).length / 3;
}

it('is the image itself if nothing changes', () => {
  const image = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, index) => 5 + ((index * 37) % 250));
  expect(variantOf(image, {})).toEqual(image);
});

it('multiplies optical densities: a stain of twice the strength squares what comes through', () => {
  const twice = variantOf(plain(128, 200, 60), { stain: [2, 0, 0, 0, 2, 0, 0, 0, 2] });
  const expected = [128, 200, 60].map((level) => 255 * (level / 255) ** 2);
  expected.forEach((level, channel) =>
    expect(Math.abs((twice[channel] ?? NaN) - level)).toBeLessThanOrEqual(1),
  );
});

it('leaves the slide white for any stain', () => {
  const slide = plain(255, 255, 255);
  expect(variantOf(slide, { stain: [1.5, 0.2, -0.1, 0, 0.6, 0.1, 0.3, 0, 2] })).toEqual(slide);
});

it('shows no border for any shift and zoom', () => {
  const slide = plain(200, 190, 210);
  for (const zoom of [0.6, 1, 1.5]) {
    expect(variantOf(slide, { zoom, shift: [0.2, -0.1], sharpness: 0.7 })).toEqual(slide);
  }
});

it('enlarges and reduces about the centre, and shifts to the right and down', () => {
  const square = squareOf(4);
  expect(darkPixels(square)).toBe(16);
  expect(darkPixels(variantOf(square, { zoom: 2 }))).toBe(64);
  expect(darkPixels(variantOf(squareOf(8), { zoom: 0.75 }))).toBe(36);
  const shifted = variantOf(square, { shift: [0.25, 0.125] });
  const at = (x: number, y: number) => shifted[(y * SIZE + x) * 3];
  expect([at(9, 7), at(10, 8), at(13, 11), at(14, 12)]).toEqual([255, 40, 40, 255]);
});

it('blurs an edge and sharpens it', () => {
  const square = squareOf(8);
  const at = (pixels: Uint8Array, x: number) => pixels[(8 * SIZE + x) * 3];
  expect([at(square, 3), at(square, 4)]).toEqual([255, 40]);
  const blurred = variantOf(square, { sharpness: -1 });
  expect(at(blurred, 3)).toBe(183);
  expect(at(blurred, 4)).toBe(112);
  const twice = variantOf(square, { sharpness: -2 });
  expect([at(twice, 2), at(twice, 3), at(twice, 4), at(twice, 5)]).toEqual([231, 183, 112, 64]);
  const soft = plain(100, 100, 100);
  for (let index = 0; index < soft.length; index += 3 * SIZE) soft.fill(140, index, index + 24);
  const sharpened = variantOf(soft, { sharpness: 1 });
  expect([at(sharpened, 7), at(sharpened, 8)]).toEqual([153, 87]);
});

it('multiplies how much darker than the slide each channel is, and leaves the white of the slide', () => {
  const slide = plain(240, 240, 240);
  expect(variantOf(slide, { tone: [0.5, 1.5, 2] })).toEqual(slide);
  const nucleus = variantOf(plain(90, 40, 150), { tone: [0.5, 1.3, 2] });
  expect([...nucleus.subarray(0, 3)]).toEqual([240 - 0.5 * 150, 0, 240 - 2 * 90]);
});
