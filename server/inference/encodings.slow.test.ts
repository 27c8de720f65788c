import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import prettier from 'prettier';
import sharp, { type JpegOptions, type TiffOptions, type WebpOptions } from 'sharp';
import { readArtifact } from '../artifact/artifact-store.js';
import {
  adobeRgbExif,
  beforeMarker,
  pngChunk,
  tiffOf,
  uint32s,
  withByteAfterMarker,
  withPngChunks,
} from '../imaging/file-edits.js';
import { measureImage } from '../imaging/measure-image.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';
import { openFolderStore } from '../storage/folder-store.js';
import { type InferencePool, openInferencePool } from './pool.js';

const BUNDLED = fileURLToPath(new URL('../../../models/reference', import.meta.url));
const FOLDER = fileURLToPath(new URL('./encodings/', import.meta.url));
/** The table in the documentation. This test updates it: WRITE_FORMATS=1 node scripts/test.mjs slow encodings */
const DOCUMENT = fileURLToPath(new URL('../../../docs/formats.md', import.meta.url));

const ascii = (text: string) => Buffer.from(text, 'latin1');
/** The size of the training images of the bundled model. */
const SIDE = 360;
const drawn = await readFile(`${FOLDER}blast.png`);
const cell = await sharp(drawn).resize(SIDE).png().toBuffer();
const { data: pixels, info } = await sharp(cell).removeAlpha().raw().toBuffer({ resolveWithObject: true });
const mirrored = await sharp(cell).flop().png().toBuffer();
const { width, height } = info;
const size = { width, height };
const image = () => sharp(pixels, { raw: { ...size, channels: 3 } });
const jpeg = (options: JpegOptions = {}) =>
  image()
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4', ...options })
    .toBuffer();
const png = () => image().png().toBuffer();
const tiff = (options: TiffOptions) => image().tiff(options).toBuffer();
const webp = (options: WebpOptions) => image().webp(options).toBuffer();

const withChangedByte = (bytes: Buffer, at: number) => {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
};
/** The file with its last bytes overwritten. */
const zeroed = (bytes: Buffer, count: number) => bytes.fill(0, bytes.length - count);

/** The pixels with a fourth sample; `value` computes it from the index of the pixel. */
const withFourth = (value: (index: number) => number) => {
  const out = Buffer.alloc(width * height * 4);
  for (let index = 0; index < width * height; index++) {
    out.set(pixels.subarray(3 * index, 3 * index + 3), 4 * index);
    out[4 * index + 3] = value(index);
  }
  return out;
};
const pngWithAlpha = (value: (index: number) => number) =>
  sharp(withFourth(value), { raw: { ...size, channels: 4 } })
    .png()
    .toBuffer();

const srgbLight = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
/** The same colours in another colour space: `matrix` converts linear sRGB to its linear values, `valueOf` encodes these. */
const inSpace = (matrix: readonly number[], valueOf: (light: number) => number) => {
  const out = Buffer.alloc(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const light = [0, 1, 2].map((channel) => srgbLight((pixels[at + channel] ?? 0) / 255));
    for (let row = 0; row < 3; row++) {
      const sum = light.reduce((total, each, column) => total + each * (matrix[3 * row + column] ?? 0), 0);
      out[at + row] = Math.round(255 * valueOf(Math.min(1, Math.max(0, sum))));
    }
  }
  return sharp(out, { raw: { ...size, channels: 3 } });
};
const adobeRgb = () =>
  inSpace([0.7152, 0.2848, 0, 0, 1, 0, 0, 0.0412, 0.9588], (light) => light ** (1 / 2.19921875));
const displayP3 = () =>
  inSpace([0.8225, 0.1774, 0, 0.0332, 0.9669, 0, 0.0171, 0.0724, 0.9108], (light) =>
    light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055,
  );
const linear = () => inSpace([1, 0, 0, 0, 1, 0, 0, 0, 1], (light) => light);
const SRGB_CHROMATICITIES = uint32s(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000);
const ADOBE_CHROMATICITIES = uint32s(31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000);

const SAME = 'same answer';
const CONVERTED = 'same answer within 0.1';
const LOSSY = 'same answer within 0.3';
const VERY_LOSSY = 'same answer within 0.5';
const TOLERANCES: Record<string, number> = { [SAME]: 0, [CONVERTED]: 0.1, [LOSSY]: 0.3, [VERY_LOSSY]: 0.5 };

type Make = () => Promise<Uint8Array> | Uint8Array;
/** An encoding with its expected answer and warnings, or with the first sentence of the refusal. */
type Case = [encoding: string, make: Make, outcome: string, ...warnings: string[]];

const tagged = (signature: string | number[], at = 0) => {
  const bytes = Buffer.alloc(4096);
  Buffer.from(typeof signature === 'string' ? ascii(signature) : signature).copy(bytes, at);
  return bytes;
};
const notSupported = (what: string) => `This is ${what}, which is not supported.`;
const otherKind = (what: string) => `This is ${what}, regardless of its name.`;
const DAMAGED = 'The image is damaged or incomplete.';
const TRANSPARENT = 'The image is completely transparent.';
const GREY = 'The image is greyscale; the model reads the colours of the stain.';
const DEEP = 'The image has more than 8 bits per channel, and the brightness of its values is not defined.';
const CMYK =
  'The image is in CMYK, the colours of printing, which do not represent the colours of the stain.';

const CASES: Record<string, Case[]> = {
  JPEG: [
    ...[75, 80, 85, 90, 95, 100].flatMap((quality): Case[] => [
      [`quality ${quality}, 4:4:4`, () => jpeg({ quality }), LOSSY],
      [`quality ${quality}, 4:2:0`, () => jpeg({ quality, chromaSubsampling: '4:2:0' }), LOSSY],
    ]),
    ['progressive', () => jpeg({ progressive: true }), LOSSY],
    ['optimised Huffman tables (mozjpeg)', () => jpeg({ mozjpeg: true }), LOSSY],
    ['restart markers, at its drawn size', () => readFile(`${FOLDER}restart-markers.jpg`), LOSSY],
    ['with an sRGB profile', () => image().withIccProfile('srgb').jpeg({ quality: 92 }).toBuffer(), LOSSY],
    [
      'Display P3, with its profile',
      () => image().withIccProfile('p3').jpeg({ quality: 98 }).toBuffer(),
      LOSSY,
    ],
    [
      'Adobe RGB, declared by Exif (R03)',
      async () => beforeMarker(await adobeRgb().jpeg({ quality: 98 }).toBuffer(), 0xdb, adobeRgbExif()),
      LOSSY,
    ],
    [
      'a colour space that Exif calls uncalibrated',
      async () => beforeMarker(await jpeg(), 0xdb, adobeRgbExif('XXX')),
      LOSSY,
      'COLOUR_SPACE_UNKNOWN',
    ],
    [
      'fill bytes between markers',
      async () => beforeMarker(await jpeg(), 0xc4, Buffer.alloc(5, 0xff)),
      LOSSY,
    ],
    [
      'stray bytes between markers',
      async () => beforeMarker(await jpeg(), 0xc4, Buffer.from([1, 2, 3])),
      LOSSY,
      'FILE_FAULT',
    ],
    [
      'stray bytes before the end',
      async () => beforeMarker(await jpeg(), 0xd9, Buffer.alloc(18)),
      LOSSY,
      'FILE_FAULT',
    ],
    ['bytes after the end', async () => Buffer.concat([await jpeg(), ascii('more')]), LOSSY, 'FILE_FAULT'],
    ['a second picture after the end', async () => Buffer.concat([await jpeg(), await jpeg()]), LOSSY],
    [
      'a wrong spectral selection in the scan header',
      async () => withByteAfterMarker(await jpeg(), 0xda, 12, 0),
      LOSSY,
      'FILE_FAULT',
    ],
    ['CMYK', () => image().toColourspace('cmyk').jpeg().toBuffer(), CMYK],
    ['greyscale', () => image().toColourspace('b-w').jpeg().toBuffer(), GREY],
    [
      '12 bits',
      async () => withByteAfterMarker(await jpeg(), 0xc0, 4, 12),
      notSupported('a JPEG with 12 bits per channel'),
    ],
    ...(
      [
        ['lossless', 0xc3, 'a lossless JPEG'],
        ['arithmetic coding', 0xc9, 'a JPEG with arithmetic coding'],
        ['JPEG-LS', 0xf7, 'a JPEG-LS image'],
      ] as const
    ).map(([name, marker, what]): Case => [
      name,
      async () => withByteAfterMarker(await jpeg(), 0xc0, 1, marker),
      notSupported(what),
    ]),
    ['without its last 3 %', async () => (await jpeg()).subarray(0, -400), DAMAGED],
    ['with its last 3 % zeros', async () => zeroed(await jpeg(), 400), DAMAGED],
  ],
  PNG: [
    ...[0, 6, 9].map((compressionLevel): Case => [
      `compression ${compressionLevel}`,
      () => image().png({ compressionLevel }).toBuffer(),
      SAME,
    ]),
    ['row filters', () => image().png({ adaptiveFiltering: true }).toBuffer(), SAME],
    ['interlaced', () => image().png({ progressive: true }).toBuffer(), SAME],
    ['palette of 256 colours', () => image().png({ palette: true, colours: 256 }).toBuffer(), LOSSY],
    [
      'text beside the picture',
      async () => withPngChunks(await png(), pngChunk('tEXt', ascii('a\0b'))),
      SAME,
    ],
    ['an sRGB chunk', async () => withPngChunks(await png(), pngChunk('sRGB', Buffer.from([0]))), SAME],
    [
      "sRGB's gAMA and cHRM",
      async () =>
        withPngChunks(await png(), pngChunk('gAMA', uint32s(45455)), pngChunk('cHRM', SRGB_CHROMATICITIES)),
      SAME,
    ],
    [
      'linear light, declared by gAMA',
      async () => withPngChunks(await linear().png().toBuffer(), pngChunk('gAMA', uint32s(100_000))),
      CONVERTED,
    ],
    [
      'Adobe RGB, declared by gAMA and cHRM',
      async () =>
        withPngChunks(
          await adobeRgb().png().toBuffer(),
          pngChunk('gAMA', uint32s(45471)),
          pngChunk('cHRM', ADOBE_CHROMATICITIES),
        ),
      CONVERTED,
    ],
    [
      'Display P3, declared by cICP',
      async () =>
        withPngChunks(await displayP3().png().toBuffer(), pngChunk('cICP', Buffer.from([12, 13, 0, 1]))),
      CONVERTED,
    ],
    [
      'a cICP for more brightness than white (PQ)',
      async () => withPngChunks(await png(), pngChunk('cICP', Buffer.from([9, 16, 0, 1]))),
      SAME,
      'COLOUR_SPACE_UNKNOWN',
    ],
    ['Display P3, with its profile', () => image().withIccProfile('p3').png().toBuffer(), CONVERTED],
    ['alpha that hides nothing', () => pngWithAlpha(() => 255), SAME],
    [
      'alpha that hides a corner',
      () => pngWithAlpha((index) => (index % width < 9 && index < 9 * width ? 0 : 255)),
      CONVERTED,
      'TRANSPARENT',
    ],
    ['alpha that hides all', () => pngWithAlpha(() => 0), TRANSPARENT],
    ['bytes after the end', async () => Buffer.concat([await png(), ascii('more')]), SAME, 'FILE_FAULT'],
    ['16 bits', () => image().toColourspace('rgb16').png().toBuffer(), DEEP],
    ['greyscale', () => image().toColourspace('b-w').png().toBuffer(), GREY],
    [
      'animated (APNG)',
      async () => withPngChunks(await png(), pngChunk('acTL', uint32s(1, 0))),
      'This is an animated PNG.',
    ],
    ['without its last chunk', async () => (await png()).subarray(0, -12), DAMAGED],
    ['with a wrong checksum', async () => withChangedByte(await png(), 5000), DAMAGED],
  ],
  TIFF: [
    ...(['none', 'lzw', 'deflate', 'packbits'] as const).map((compression): Case => [
      `compression: ${compression}`,
      () => tiff({ compression }),
      SAME,
    ]),
    ['WebP compression', () => tiff({ compression: 'webp', quality: 92 }), LOSSY, 'UNVERIFIABLE'],
    ['LZW with differences', () => tiff({ compression: 'lzw', predictor: 'horizontal' }), SAME],
    ['Deflate with differences', () => tiff({ compression: 'deflate', predictor: 'horizontal' }), SAME],
    ['JPEG compression', () => tiff({ compression: 'jpeg', quality: 90 }), LOSSY],
    ['tiles', () => tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 }), SAME],
    ['BigTIFF', () => tiff({ compression: 'none', bigtiff: true }), SAME],
    ['big-endian', () => tiffOf({ ...size, pixels, bigEndian: true }), SAME],
    ['strips of 7 rows', () => tiffOf({ ...size, pixels, rowsPerStrip: 7 }), SAME],
    [
      'strips of 16 rows, deflated',
      () => tiffOf({ ...size, pixels, rowsPerStrip: 16, compression: 8 }),
      SAME,
    ],
    ['planes', () => tiffOf({ ...size, pixels, planar: true }), SAME],
    [
      'a fourth sample that is not explained',
      () => tiffOf({ ...size, pixels: withFourth((index) => index % 251), samples: 4, extraSamples: 0 }),
      SAME,
      'EXTRA_CHANNEL',
    ],
    [
      'a fourth sample that is not mentioned',
      () => tiffOf({ ...size, pixels: withFourth((index) => index % 251), samples: 4 }),
      notSupported('a TIFF whose pixels have a fourth value that it does not mention'),
    ],
    [
      'alpha that hides nothing',
      () => tiffOf({ ...size, pixels: withFourth(() => 255), samples: 4, extraSamples: 2 }),
      SAME,
    ],
    [
      'alpha that hides all',
      () => tiffOf({ ...size, pixels: withFourth(() => 0), samples: 4, extraSamples: 2 }),
      TRANSPARENT,
    ],
    [
      'five samples',
      () => tiffOf({ ...size, pixels: new Uint8Array(width * height * 5), samples: 5 }),
      notSupported('a TIFF with 5 values a pixel'),
    ],
    ['16 bits', () => tiffOf({ ...size, pixels: new Uint8Array(2 * pixels.length), bits: 16 }), DEEP],
    [
      'CMYK',
      () => tiffOf({ ...size, pixels: new Uint8Array(width * height * 4), samples: 4, photometric: 5 }),
      CMYK,
    ],
    [
      'CIE L*a*b*',
      () => tiffOf({ ...size, pixels, photometric: 8 }),
      notSupported('a TIFF in CIE L*a*b* colours'),
    ],
    ...(
      [
        [50000, 'Zstandard'],
        [34925, 'LZMA'],
        [34712, 'JPEG 2000'],
        [50002, 'JPEG XL'],
      ] as const
    ).map(([compression, name]): Case => [
      `compression: ${name}`,
      () => tiffOf({ ...size, pixels, compression }),
      notSupported(`a TIFF with ${name} compression`),
    ]),
    [
      'DNG',
      () => tiffOf({ ...size, pixels, fields: [[50706, 0x01040000]] }),
      notSupported('a raw photograph (DNG)'),
    ],
    [
      'a colour filter array (NEF, ARW, …)',
      () => tiffOf({ ...size, pixels, photometric: 32803 }),
      notSupported('a raw photograph of a camera'),
    ],
    [
      'two pages',
      () =>
        sharp([cell, mirrored], { join: { animated: true } })
          .tiff()
          .toBuffer(),
      'The file holds 2 pictures (pages, a focus stack or an animation).',
    ],
    ['without its last 3 %', () => tiffOf({ ...size, pixels }).subarray(0, -9000), DAMAGED],
    ['with its last 3 % zeros', () => zeroed(tiffOf({ ...size, pixels }), 9000), LOSSY, 'POSSIBLY_DAMAGED'],
  ],
  WebP: [
    ['quality 75', () => webp({ quality: 75 }), VERY_LOSSY],
    ...[90, 100].map((quality): Case => [`quality ${quality}`, () => webp({ quality }), LOSSY]),
    ['lossless', () => webp({ lossless: true }), SAME, 'UNVERIFIABLE'],
    [
      'animated',
      () =>
        sharp([cell, mirrored], { join: { animated: true } })
          .webp()
          .toBuffer(),
      'This is an animated WebP.',
    ],
    ['without its last 5 %', async () => (await webp({ quality: 90 })).subarray(0, -300), DAMAGED],
    ['with its last 5 % zeros', async () => zeroed(await webp({ quality: 90 }), 300), DAMAGED],
  ],
  'Other kinds, regardless of the file name': [
    ['GIF', () => image().gif().toBuffer(), otherKind('a GIF image')],
    ['AVIF', () => tagged('ftypavif', 4), otherKind('an AVIF image')],
    ['HEIC', () => tagged('ftypheic', 4), otherKind('a HEIC image')],
    ['BMP', () => tagged('BM'), otherKind('a BMP image')],
    ['JPEG 2000', () => tagged('jP  ', 4), otherKind('a JPEG 2000 image')],
    ['JPEG XL', () => tagged([0xff, 0x0a]), otherKind('a JPEG XL image')],
    ['Photoshop', () => tagged('8BPS'), otherKind('a Photoshop document (PSD)')],
    ['OpenEXR', () => tagged([0x76, 0x2f, 0x31, 1]), otherKind('an OpenEXR image')],
    ['SVG', () => ascii('<svg xmlns="http://www.w3.org/2000/svg"/>'), otherKind('an SVG drawing')],
    ['DICOM', () => tagged('DICM', 128), otherKind('a DICOM file')],
    ['FITS', () => tagged('SIMPLE  ='), otherKind('a FITS file')],
    ['CZI', () => tagged('ZISRAWFILE'), otherKind('a Zeiss microscope file (CZI)')],
    ['ND2', () => tagged([0xda, 0xce, 0xbe, 0x0a]), otherKind('a Nikon microscope file (ND2)')],
    ['CR2', () => tagged('II*\0\x10\0\0\0CR'), otherKind('a Canon raw photograph (CR2)')],
    ['CR3', () => tagged('ftypcrx ', 4), otherKind('a Canon raw photograph (CR3)')],
    ['ORF', () => tagged('IIRO'), otherKind('an Olympus raw photograph (ORF)')],
    ['RW2', () => tagged('IIU\0'), otherKind('a Panasonic raw photograph (RW2)')],
    ['RAF', () => tagged('FUJIFILMCCD-RAW'), otherKind('a Fujifilm raw photograph (RAF)')],
    ['PDF', () => tagged('%PDF-1.7'), otherKind('a PDF document')],
    ['ZIP', () => tagged('PK\x03\x04'), otherKind('a ZIP archive')],
    [
      'DOCX',
      () => tagged('PK\x03\x04                          [Content_Types].xml word/document.xml'),
      otherKind('a Word document (DOCX)'),
    ],
  ],
};

let pool: InferencePool;
let expected: number;
beforeAll(async () => {
  const { manifest, onnx } = await readArtifact(openFolderStore(BUNDLED), '', null);
  pool = openInferencePool({ threads: 1, queueLimit: 500, maxBatch: 1, log: pino({ level: 'silent' }) });
  await pool.load('reference', manifest, onnx);
  expected = (await pool.infer('reference', cell)).logit;
});
afterAll(() => pool.close());

const rows = Object.entries(CASES).flatMap(([format, cases]) =>
  cases.map((each): [string, ...Case] => [`${format}: ${each[0]}`, ...each]),
);

it('covers at least 60 encodings', () => {
  expect(rows.length).toBeGreaterThanOrEqual(60);
});

it.each(rows)('%s', async (_name, _encoding, make, outcome, ...warnings) => {
  const bytes = await make();
  const tolerance = TOLERANCES[outcome];
  if (tolerance === undefined) {
    for (const reading of [() => pool.infer('reference', bytes), () => measureImage(bytes)]) {
      await expect(reading()).rejects.toThrow(UnreadableImageError);
      await expect(reading()).rejects.toThrow(outcome);
    }
    return;
  }
  const { logit, qualityWarnings } = await pool.infer('reference', bytes);
  expect(qualityWarnings).toEqual(warnings);
  expect(Math.abs(logit - expected)).toBeLessThanOrEqual(tolerance);
  await measureImage(bytes);
});

it('is what the documentation says', async () => {
  const table = Object.entries(CASES).flatMap(([format, cases]) => [
    `## ${format}`,
    '',
    '| encoding | outcome |',
    '| --- | --- |',
    ...cases.map(([encoding, , outcome, ...warnings]) => {
      const isAnswer = outcome in TOLERANCES;
      const expectedOutcome = isAnswer ? outcome : `refused: "${outcome} …"`;
      return `| ${encoding} | ${[expectedOutcome, ...warnings.map((warning) => `warning ${warning}`)].join(', ').replaceAll('*', '\\*')} |`;
    }),
    '',
  ]);
  const document = await readFile(DOCUMENT, 'utf8');
  const written = await prettier.format(
    `${document.slice(0, document.indexOf('## JPEG'))}${table.join('\n')}`,
    { ...(await prettier.resolveConfig(DOCUMENT)), parser: 'markdown' },
  );
  if (process.env.WRITE_FORMATS) await writeFile(DOCUMENT, written);
  expect(await readFile(DOCUMENT, 'utf8')).toBe(written);
});
