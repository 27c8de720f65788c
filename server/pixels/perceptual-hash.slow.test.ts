import sharp, { type Sharp } from 'sharp';
import { drawDemoCells } from '../imaging/demo-cells.js';
import { measureImage } from '../imaging/measure-image.js';
import { dihedralHashes, hashDistance, hashWords } from './perceptual-hash.js';

const cells: Buffer[] = [];
beforeAll(async () => {
  for await (const { bytes } of drawDemoCells({ count: 12, seed: 5, size: 160 })) cells.push(bytes);
});

const hashOf = async (bytes: Buffer) => hashWords((await measureImage(bytes)).measurements.perceptualHash);

/** The smallest distance over all orientations. */
async function distance(a: Buffer, b: Buffer): Promise<number> {
  const known = await hashOf(b);
  return Math.min(...dihedralHashes(await hashOf(a)).map((turned) => hashDistance(turned, known)));
}

test.each<[string, (image: Sharp) => Sharp]>([
  ['compressed again', (image) => image.jpeg({ quality: 50 })],
  ['halved', (image) => image.resize(80, 80).png()],
  ['brightened', (image) => image.modulate({ brightness: 1.1 }).png()],
  ['tinted', (image) => image.linear([1.1, 1, 0.9], [0, 0, 0]).png()],
  ['rotated by 90°', (image) => image.rotate(90).png()],
  ['rotated by 180°', (image) => image.rotate(180).png()],
  ['rotated by 270°', (image) => image.rotate(270).png()],
  ['mirrored', (image) => image.flop().png()],
  ['upside down', (image) => image.flip().png()],
  ['rotated, mirrored and compressed again', (image) => image.rotate(90).flop().jpeg({ quality: 60 })],
  ['rotated back and mirrored', (image) => image.rotate(270).flop().png()],
])('a picture that was %s has a similar hash', async (_, change) => {
  for (const cell of cells.slice(0, 4)) {
    expect(await distance(await change(sharp(cell)).toBuffer(), cell)).toBeLessThanOrEqual(16);
  }
});

test('different pictures have different hashes', async () => {
  for (const [index, cell] of cells.entries()) {
    for (const other of cells.slice(0, index)) expect(await distance(cell, other)).toBeGreaterThan(48);
  }
});

test('a string that is not a hash is refused', () => {
  expect(() => hashWords('abc')).toThrow('not a perceptual hash');
});
