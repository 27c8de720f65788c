import sharp, { type Sharp } from 'sharp';
import { drawDemoCells } from './demo-cells.js';
import { measureImage } from './measure-image.js';
import { dihedralHashes, hashDistance, hashWords } from './perceptual-hash.js';

const cells: Buffer[] = [];
beforeAll(async () => {
  for await (const { bytes } of drawDemoCells({ count: 12, seed: 5, size: 160 })) cells.push(bytes);
});

const hashOf = async (bytes: Buffer) => hashWords((await measureImage(bytes)).measurements.perceptualHash);

/** The least distance over all orientations. */
async function distance(a: Buffer, b: Buffer): Promise<number> {
  const known = await hashOf(b);
  return Math.min(...dihedralHashes(await hashOf(a)).map((turned) => hashDistance(turned, known)));
}

test.each<[string, (image: Sharp) => Sharp]>([
  ['compressed anew', (image) => image.jpeg({ quality: 50 })],
  ['halved', (image) => image.resize(80, 80).png()],
  ['brightened', (image) => image.modulate({ brightness: 1.1 }).png()],
  ['tinted', (image) => image.linear([1.1, 1, 0.9], [0, 0, 0]).png()],
  ['turned by a quarter', (image) => image.rotate(90).png()],
  ['turned by a half', (image) => image.rotate(180).png()],
  ['turned by three quarters', (image) => image.rotate(270).png()],
  ['mirrored', (image) => image.flop().png()],
  ['upside down', (image) => image.flip().png()],
  ['turned and mirrored, and compressed anew', (image) => image.rotate(90).flop().jpeg({ quality: 60 })],
  ['turned back and mirrored', (image) => image.rotate(270).flop().png()],
])('a picture that was %s is alike', async (_, change) => {
  for (const cell of cells.slice(0, 4)) {
    expect(await distance(await change(sharp(cell)).toBuffer(), cell)).toBeLessThanOrEqual(16);
  }
});

test('other pictures are not', async () => {
  for (const [index, cell] of cells.entries()) {
    for (const other of cells.slice(0, index)) expect(await distance(cell, other)).toBeGreaterThan(48);
  }
});

test('what is no hash is refused', () => {
  expect(() => hashWords('abc')).toThrow('not a perceptual hash');
});
