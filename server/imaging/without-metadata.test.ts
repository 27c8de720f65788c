import sharp from 'sharp';
import { beforeMarker, pngChunk, withPngChunks } from './file-edits.js';
import { drawSmear } from './testing.js';
import { withoutMetadata } from './without-metadata.js';

const SECRET = 'Jane Doe, ward 7';
const EXIF = { IFD0: { Artist: SECRET, ImageDescription: SECRET }, IFD3: { GPSLatitudeRef: 'N' } };
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>${SECRET}</rdf:Description></rdf:RDF></x:xmpmeta>`;

const smear = () => drawSmear({ seed: 1, width: 90, height: 60 });
const described = (orientation = 1) =>
  smear().withMetadata({ orientation }).withExifMerge(EXIF).withXmp(XMP).withIccProfile('p3');
const pixelsOf = (bytes: Uint8Array) => sharp(bytes).autoOrient().removeAlpha().raw().toBuffer();

test.each([
  ['image/jpeg', () => described().jpeg().toBuffer()],
  ['image/jpeg', () => described().jpeg({ progressive: true }).toBuffer()],
  ['image/png', () => described().png().toBuffer()],
  ['image/webp', () => described().webp().toBuffer()],
  ['image/webp', () => described().webp({ lossless: true }).toBuffer()],
])('a %s keeps its pixels and its colour profile, and nothing else', async (mediaType, make) => {
  const original = await make();
  expect(original.includes(SECRET)).toBe(true);
  const shown = await withoutMetadata(original, mediaType);
  expect(shown.mediaType).toBe(mediaType);
  const metadata = await sharp(shown.bytes).metadata();
  expect(metadata).toMatchObject({ width: 90, height: 60 });
  expect([metadata.exif, metadata.xmp]).toEqual([undefined, undefined]);
  expect(metadata.icc?.equals((await sharp(original).metadata()).icc ?? Buffer.alloc(0))).toBe(true);
  expect(Buffer.from(shown.bytes).includes(SECRET)).toBe(false);
  expect((await pixelsOf(shown.bytes)).equals(await pixelsOf(original))).toBe(true);
});

test.each([
  ['image/jpeg', 'image/jpeg', () => described(6).jpeg().toBuffer()],
  ['image/png', 'image/png', () => described(6).png().toBuffer()],
  ['image/webp', 'image/png', () => described(6).webp().toBuffer()],
])('a turned %s is shown upright, as %s', async (mediaType, expected, make) => {
  const shown = await withoutMetadata(await make(), mediaType);
  expect(shown.mediaType).toBe(expected);
  expect((await sharp(shown.bytes).metadata()).autoOrient).toEqual({ width: 60, height: 90 });
  expect(Buffer.from(shown.bytes).includes(SECRET)).toBe(false);
});

test('a TIFF is shown as a PNG', async () => {
  const original = await smear().withXmp(XMP).tiff().toBuffer();
  expect(original.includes(SECRET)).toBe(true);
  const shown = await withoutMetadata(original, 'image/tiff');
  expect(shown.mediaType).toBe('image/png');
  expect(Buffer.from(shown.bytes).includes(SECRET)).toBe(false);
  expect((await pixelsOf(shown.bytes)).equals(await pixelsOf(original))).toBe(true);
});

test('comments, texts, unknown segments and what follows the end are left out', async () => {
  const segment = (marker: number, text: string) =>
    Buffer.concat([Buffer.from([0xff, marker, 0, text.length + 2]), Buffer.from(text)]);
  const jpeg = await smear().jpeg().toBuffer();
  let edited: Buffer = Buffer.concat([jpeg, Buffer.from(SECRET)]);
  for (const marker of [0xfe, 0xe0, 0xe1, 0xe2, 0xed, 0xee, 0xef])
    edited = beforeMarker(edited, 0xdb, segment(marker, SECRET));
  expect(await withoutMetadata(edited, 'image/jpeg')).toEqual({ bytes: jpeg, mediaType: 'image/jpeg' });

  const png = await smear().png().toBuffer();
  const text = Buffer.from(`Author\0${SECRET}`);
  const chunks = ['tEXt', 'zTXt', 'iTXt', 'tIME', 'prVt'].map((type) => pngChunk(type, text));
  const { bytes } = await withoutMetadata(
    Buffer.concat([withPngChunks(png, ...chunks), Buffer.from(SECRET)]),
    'image/png',
  );
  expect(Buffer.from(bytes).includes(SECRET)).toBe(false);
  expect((await pixelsOf(bytes)).equals(await pixelsOf(png))).toBe(true);
});

test('a JPEG with a faulty structure is shown as a PNG', async () => {
  const jpeg = await smear().jpeg().toBuffer();
  const faulty = beforeMarker(jpeg, 0xc0, Buffer.from([0]));
  const shown = await withoutMetadata(faulty, 'image/jpeg');
  expect(shown.mediaType).toBe('image/png');
});
