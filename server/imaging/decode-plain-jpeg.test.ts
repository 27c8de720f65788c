import sharp, { type Sharp } from 'sharp';
import { inspectJpeg } from '../image-files/jpeg-inspection.js';
import { decodePlainJpeg } from './decode-plain-jpeg.js';
import { randomFrom } from './seeded-random.js';
import { drawSmear } from './testing.js';

/** 37 × 21 pixels with colours of half the width (4:2:2), which sharp does not write. */
const HALF_THE_WIDTH = Buffer.from(
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hn' +
    'Pk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj' +
    'Y2P/wAARCAAVACUDASEAAhEBAxEB/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAQFAwb/xAAnEAABAwMDAwQDAAAAAAAAAAABAgMRAAQhEkFR' +
    'BTFhBhMigRSRof/EABkBAAMBAQEAAAAAAAAAAAAAAAMEBQYBAv/EACURAAEEAQMCBwAAAAAAAAAAAAEAAgMRBBIhMWGRE0FRcaHR8P/a' +
    'AAwDAQACEQMRAD8AhNWfim2rONsVenciQycJxm07YFavW4SyZAxkjkcfcR/KkSGyqBm0xm1N/FUrC05BMyMzvNFc1Vws2ZC427lUbdlK' +
    'yAUwaoNWkZimm5TciPW3t6JiJ+kpxmz5H1S77JICgpYCwdjBG2J3jjedqTcbci5M5bFV1+9+vG/wl02RKRiivBduoOolbtW6JFULRIBS' +
    'g5Exms/FkvhlBb57FVGGwkus9fHTHLhhNrrLWn5e5EzHjzXNXPqG/VLKS03oWTqQjvntBnzW3gwWOaHuN2mcjDB0uebBA245v66LE398' +
    '/CjePJIEfA6R+hFFE8GIbaQisxow0ANHa1//2Q==',
  'base64',
);

describe('decoding a plain JPEG', () => {
  const sizes = [
    [17, 16],
    [16, 33],
    [101, 77],
    [150, 149],
  ];
  it.each(
    ['4:4:4', '4:2:0'].flatMap((chromaSubsampling) =>
      [1, 75, 100].map((quality) => ({ chromaSubsampling, quality })),
    ),
  )('gives the pixels of sharp at $chromaSubsampling, quality $quality', async (options) => {
    for (const [width = 0, height = 0] of sizes) {
      for (const pixels of [
        await drawSmear({ width, height }).raw().toBuffer(),
        noise(width * height * 3, options.quality),
      ]) {
        const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
          .jpeg({ ...options, optimiseCoding: width % 2 === 0 })
          .toBuffer();
        expect(await isAsBySharp(bytes)).toBe(true);
      }
    }
  });

  it('gives the pixels of sharp for colours of half the width', async () => {
    expect(await isAsBySharp(HALF_THE_WIDTH)).toBe(true);
  });

  it('decodes pictures of different sizes and codes one after the other', async () => {
    const small = await drawSmear({ width: 30, height: 40 }).jpeg({ quality: 60 }).toBuffer();
    const large = await drawSmear({ width: 300, height: 260 }).jpeg({ optimiseCoding: true }).toBuffer();
    for (const bytes of [small, large, small, HALF_THE_WIDTH, large])
      expect(await isAsBySharp(bytes)).toBe(true);
  });

  it('does not change pixels that were given before', async () => {
    const picture = drawSmear({ width: 40, height: 40 });
    const first = decodePlainJpeg(await picture.clone().jpeg().toBuffer());
    const before = Buffer.from(first?.pixels ?? []);
    decodePlainJpeg(await picture.clone().negate().jpeg().toBuffer());
    expect(before.equals(first?.pixels ?? new Uint8Array())).toBe(true);
  });

  it.each<[string, (picture: Sharp) => Sharp]>([
    ['a progressive one', (picture) => picture.jpeg({ progressive: true })],
    ['a greyscale one', (picture) => picture.toColourspace('b-w').jpeg()],
    ['one in CMYK', (picture) => picture.toColourspace('cmyk').jpeg()],
    ['one with an ICC profile', (picture) => picture.withIccProfile('p3').jpeg()],
    ['one that is to be turned', (picture) => picture.withMetadata({ orientation: 6 }).jpeg()],
    ['a PNG', (picture) => picture.png()],
    ['one of more than two megapixels', (picture) => picture.resize(2000, 1100).jpeg()],
  ])('leaves %s to sharp', async (_kind, write) => {
    const bytes = await write(drawSmear({ width: 64, height: 64 })).toBuffer();
    expect(decodePlainJpeg(bytes)).toBeNull();
  });

  // The file's inspection follows each bit too, and decides about files that are left to it.
  it('takes a damaged copy only if the inspection of the file finds nothing either', async () => {
    const random = randomFrom('damaged copies');
    for (const options of [{}, { chromaSubsampling: '4:4:4', optimiseCoding: true }]) {
      const whole = await drawSmear({ width: 70, height: 50 })
        .jpeg({ quality: 85, ...options })
        .toBuffer();
      let taken = 0;
      for (let copy = 0; copy < 240; copy++) {
        const bytes = Buffer.from(
          whole.subarray(0, copy % 3 ? undefined : 1 + random.below(whole.length - 1)),
        );
        if (copy % 3) {
          const at = random.below(bytes.length);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        }
        const decoded = decodePlainJpeg(bytes);
        if (!decoded) continue;
        taken++;
        const { bytes: repaired, plainSize, warnings } = inspectJpeg(bytes);
        const { width, height, isAltered } = decoded;
        expect({ repaired, plainSize, warnings }).toEqual({
          repaired: bytes,
          plainSize: { width, height },
          warnings: isAltered ? ['POSSIBLY_DAMAGED'] : [],
        });
        expect(await isAsBySharp(bytes)).toBe(true);
      }
      expect(taken).toBeGreaterThan(5); // a changed step, or a bit of a value
    }
  });
});

async function isAsBySharp(bytes: Buffer): Promise<boolean> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const decoded = decodePlainJpeg(bytes);
  return (
    decoded !== null &&
    decoded.width === info.width &&
    decoded.height === info.height &&
    data.equals(decoded.pixels)
  );
}

function noise(length: number, seed: number): Uint8Array {
  const random = randomFrom('noise', seed);
  return Uint8Array.from({ length }, () => random.below(256));
}
