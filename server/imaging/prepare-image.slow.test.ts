import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { measureImage } from './measure-image.js';
import { prepareImage } from './prepare-image.js';
import type { Preprocessing } from '../decision/preprocessing.js';
import { drawSmear, writeTiff } from './testing.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';

const preprocessing: Preprocessing = {
  inputSize: 64,
  colour: { kind: 'none' },
  mean: [0.5, 0.25, 0],
  std: [0.5, 0.25, 2],
};

const ascii = (text: string) => Buffer.from(text, 'latin1');
const jpeg = () => drawSmear().jpeg().toBuffer();

/** A PNG that declares a size and holds `data`, compressed, as its pixels. Its checksums are right. */
function pngOf(width: number, height: number, colourType: number, bits: number, data: Buffer): Buffer {
  const chunk = (type: string, content: Buffer) => {
    const body = Buffer.concat([ascii(type), content]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(content.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = colourType;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(data)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ -1) >>> 0;
}

async function pages(): Promise<Sharp> {
  const one = await drawSmear({ width: 40, height: 40 }).png().toBuffer();
  const other = await drawSmear({ width: 40, height: 40, seed: 2 }).png().toBuffer();
  return sharp([one, other], { join: { animated: true } });
}

/** The first bytes of a JPEG that states a height of 0, with the rest of a real one. */
async function jpegWithoutRows(): Promise<Buffer> {
  const bytes = await jpeg();
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(0, frame + 5);
  return bytes;
}

const REFUSED: [what: string, bytes: () => Promise<Uint8Array> | Uint8Array, sentence: RegExp][] = [
  ['an empty file', () => new Uint8Array(), /The file is empty\. Send a JPEG/],
  ['no image', () => ascii('hello, I am a text'), /not an image.*Send a JPEG, PNG, TIFF or WebP/],
  ['a PDF named .jpg', () => ascii('%PDF-1.7 …'), /This is a PDF document, regardless of its name/],
  [
    'an SVG',
    () => ascii('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'),
    /an SVG drawing/,
  ],
  ['XML', () => ascii('<?xml version="1.0"?><svg/>'), /an XML file/],
  ['a GIF', () => drawSmear().gif().toBuffer(), /a GIF image/],
  ['an AVIF', () => drawSmear({ width: 64, height: 64 }).avif({ effort: 0 }).toBuffer(), /an AVIF image/],
  ['a BMP', () => ascii('BM'.padEnd(60, '\0')), /a BMP image/],
  [
    'a truncated JPEG',
    async () => (await jpeg()).subarray(0, 4000),
    /damaged or incomplete. Send the original/,
  ],
  ['a JPEG without its last two bytes', async () => (await jpeg()).subarray(0, -2), /damaged or incomplete/],
  [
    'a truncated PNG',
    async () => (await drawSmear().png().toBuffer()).subarray(0, 4000),
    /damaged or incomplete/,
  ],
  [
    'a truncated TIFF',
    async () => (await drawSmear().tiff().toBuffer()).subarray(0, 4000),
    /damaged or incomplete/,
  ],
  [
    'a truncated WebP',
    async () => (await drawSmear().webp().toBuffer()).subarray(0, 900),
    /damaged or incomplete/,
  ],
  ['a JPEG header and nothing else', async () => (await jpeg()).subarray(0, 20), /damaged or incomplete/],
  [
    'a PNG that declares more than it holds',
    () => pngOf(900, 900, 2, 8, Buffer.alloc(99)),
    /damaged or incomplete/,
  ],
  ['a bomb', () => pngOf(30_000, 30_000, 2, 8, Buffer.alloc(99)), /more than 50 million pixels. Crop it/],
  ['a PNG of 0 × 0', () => pngOf(0, 0, 2, 8, Buffer.alloc(9)), /no pixels: its width or height is 0/],
  ['a JPEG of no rows', jpegWithoutRows, /no pixels: its width or height is 0/],
  ['a speck', () => drawSmear({ width: 40, height: 9 }).png().toBuffer(), /only 40 × 9 pixels/],
  ['CMYK', () => drawSmear().toColourspace('cmyk').jpeg().toBuffer(), /CMYK.*Export it as RGB/],
  [
    'CMYK in a TIFF',
    () =>
      writeTiff({ width: 20, height: 20, bitsPerChannel: 8, photometric: 5, samples: new Uint8Array(1600) }),
    /CMYK/,
  ],
  [
    '16 bits',
    () => drawSmear().toColourspace('rgb16').png().toBuffer(),
    /more than 8 bits per channel.*Export it with 8/,
  ],
  [
    '16 bits in a TIFF',
    () =>
      writeTiff({ width: 20, height: 20, bitsPerChannel: 16, photometric: 2, samples: new Uint8Array(2400) }),
    /more than 8 bits per channel/,
  ],
  [
    'greyscale',
    () => drawSmear().toColourspace('b-w').jpeg().toBuffer(),
    /greyscale.*Send the colour picture/,
  ],
  [
    'an animation',
    async () => (await pages()).webp().toBuffer(),
    /animated WebP.*Send the one picture that shows the cell/,
  ],
  ['a focus stack', async () => (await pages()).tiff().toBuffer(), /holds 2 pictures/],
];

describe('prepareImage', () => {
  it.each(REFUSED)('refuses %s', async (_what, make, sentence) => {
    const bytes = await make();
    await expect(prepareImage(bytes, preprocessing)).rejects.toThrow(UnreadableImageError);
    await expect(prepareImage(bytes, preprocessing)).rejects.toThrow(sentence);
    await expect(measureImage(bytes)).rejects.toThrow(sentence);
  });

  it.each<[string, string, () => Promise<Uint8Array> | Uint8Array]>([
    ['a JPEG', 'image/jpeg', jpeg],
    ['a progressive JPEG', 'image/jpeg', () => drawSmear().jpeg({ progressive: true }).toBuffer()],
    [
      'a JPEG with another picture after its end, as phones write it',
      'image/jpeg',
      async () => Buffer.concat([await jpeg(), await jpeg()]),
    ],
    ['a PNG', 'image/png', () => drawSmear().png().toBuffer()],
    ['a PNG with a palette', 'image/png', () => drawSmear().png({ palette: true }).toBuffer()],
    ['a WebP', 'image/webp', () => drawSmear().webp().toBuffer()],
    ['a TIFF', 'image/tiff', () => drawSmear().tiff({ compression: 'lzw' }).toBuffer()],
    [
      "a TIFF with a microscope's private tag",
      'image/tiff',
      async () => {
        const samples = await drawSmear().raw().toBuffer();
        return writeTiff({
          width: 240,
          height: 240,
          bitsPerChannel: 8,
          photometric: 2,
          samples,
          privateTag: 34412,
        });
      },
    ],
  ])('reads %s', async (_what, mediaType, make) => {
    const bytes = await make();
    const image = await prepareImage(bytes, preprocessing);
    expect(image).toMatchObject({ width: 240, height: 240, mediaType, qualityWarnings: [] });
    expect(image.pixels).toHaveLength(64 * 64 * 3);
    expect((await measureImage(bytes)).header).toEqual({ width: 240, height: 240, mediaType });
  });

  it('gives the same pixels for the same bytes, also when many are read at once', async () => {
    const bytes = await jpeg();
    const [first, ...others] = await Promise.all(
      Array.from({ length: 8 }, () => prepareImage(bytes, preprocessing)),
    );
    for (const other of others) expect(other).toEqual(first);
  });

  it('turns the image upright as its EXIF orientation says', async () => {
    const corner = await drawSmear({ width: 60, height: 40, background: [250, 240, 245] })
      .composite([
        { input: { create: { width: 20, height: 20, channels: 3, background: 'blue' } }, left: 0, top: 0 },
      ])
      .png()
      .toBuffer();
    const turned = await sharp(corner).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    const { width, height, pixels } = await prepareImage(turned, preprocessing);
    expect([width, height]).toEqual([40, 60]);
    const topRight = 3 * (5 * 64 + 58); // orientation 6: a quarter turn clockwise brings top left to top right
    const [red = 255, green = 255, blue = 0] = pixels.subarray(topRight, topRight + 3);
    expect(Math.max(red, green)).toBeLessThan(40);
    expect(blue).toBeGreaterThan(220);
  });

  it('lays transparency on the white of an empty slide, and says so', async () => {
    const clear = { r: 10, g: 200, b: 30, alpha: 0 };
    const opaque = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const bytes = await sharp({ create: { width: 32, height: 32, channels: 4, background: clear } })
      .composite([{ input: opaque, left: 2, top: 2 }])
      .png()
      .toBuffer();
    const { pixels, qualityWarnings } = await prepareImage(bytes, preprocessing);
    expect(new Set(pixels)).toEqual(new Set([255]));
    expect(qualityWarnings).toContain('TRANSPARENT');
  });

  it('says nothing of a fourth channel that makes nothing transparent', async () => {
    const opaque = await drawSmear().ensureAlpha().png().toBuffer();
    const { pixels, qualityWarnings } = await prepareImage(opaque, preprocessing);
    expect(qualityWarnings).toEqual([]);
    expect(pixels).toEqual((await prepareImage(await drawSmear().png().toBuffer(), preprocessing)).pixels);
  });

  it('makes what two lamps show of one smear the same', async () => {
    const balanced: Preprocessing = {
      ...preprocessing,
      colour: { kind: 'white-balance', percentile: 95, target: 240 },
    };
    const pixelsUnder = async (background: [number, number, number], settings: Preprocessing) => {
      const bytes = await drawSmear({ background }).png().toBuffer();
      return (await prepareImage(bytes, settings)).pixels;
    };
    const meanDifference = (a: Uint8Array, b: Uint8Array) =>
      a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;

    const [white, yellow] = [
      [250, 248, 251],
      [210, 190, 150],
    ] as [[number, number, number], [number, number, number]];
    const as = [await pixelsUnder(white, preprocessing), await pixelsUnder(yellow, preprocessing)] as const;
    const corrected = [await pixelsUnder(white, balanced), await pixelsUnder(yellow, balanced)] as const;
    expect(meanDifference(...as)).toBeGreaterThan(30);
    expect(meanDifference(...corrected)).toBeLessThan(1.5);
    expect(percentile95(corrected[1])).toEqual([240, 240, 240]);
  });
});

function percentile95(pixels: Uint8Array): number[] {
  return [0, 1, 2].map((channel) => {
    const values = pixels.filter((_, index) => index % 3 === channel).sort();
    return values[Math.ceil(0.95 * values.length) - 1] ?? 0;
  });
}

it('sees only the inner part of the upright image where the preprocessing has a crop', async () => {
  // Upright it is 80 × 40: a frame without red around a centre of 40 × 20 that is red.
  const create = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 3, background } });
  const centre = await create(20, 40, 'red').png().toBuffer();
  const turned = await create(40, 80, 'lime')
    .composite([{ input: centre, left: 10, top: 20 }])
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const reds = async (crop?: number) => {
    const image = await prepareImage(turned, { ...preprocessing, crop });
    expect(image).toMatchObject({ width: 80, height: 40 });
    return new Set(image.pixels.filter((_, index) => index % 3 === 0));
  };
  expect(await reds(0.5)).toEqual(new Set([255]));
  expect(await reds()).toContain(0);
});
