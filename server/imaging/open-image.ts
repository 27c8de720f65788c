import sharp, { type Metadata, type Sharp } from 'sharp';
import { refusedFormat, sniffFormat } from './sniff-format.js';
import { UnreadableImageError } from './unreadable-image.js';

/**
 * Width × height at most. 50 megapixels is above any microscope camera's picture of one field, and a decoded image of it
 * (200 MB) still fits in memory once for every thread.
 */
export const MAX_PIXELS = 50_000_000;

/** Width and height at least: less shows no cell. */
export const MIN_SIDE = 16;

/** Decoding a picture of `MAX_PIXELS` takes about a second; a file made to take longer (progressive scans) is cut off. */
const MAX_DECODE_SECONDS = 10;

// Only these four decoders can run in this process, whatever a file claims to be: the others (SVG, GIF, HEIF, …) read
// nothing that a microscope writes, and each is more code that meets hostile bytes. The setting is libvips's, process-wide.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadTiffBuffer',
    'VipsForeignLoadWebpBuffer',
  ],
});
// Each image is one small job and many run side by side; libvips's own threads and cache would only cost.
sharp.concurrency(1);
sharp.cache(false);

/** What is known of an image before its pixels are decoded. Width and height are of the upright image. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  readonly mediaType: string;
}

/**
 * Opens an upload: refuses what no model may see and gives the pipeline that decodes the rest, upright, in sRGB, with
 * transparency on white (as an empty slide is). Throws UnreadableImageError; the pixels themselves are only read, and so
 * only found damaged, by the pipeline: run it in `decode`.
 */
export async function openImage(bytes: Uint8Array): Promise<{ header: ImageHeader; pipeline: Sharp }> {
  const mediaType = mediaTypeOf(bytes);
  const image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'warning', pages: 1 });
  const metadata = await decode(image.metadata());
  refuseUnusable(metadata);
  return {
    header: { width: metadata.autoOrient.width, height: metadata.autoOrient.height, mediaType },
    pipeline: image
      .autoOrient()
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .timeout({ seconds: MAX_DECODE_SECONDS }),
  };
}

/** Awaits work of the decoder; its complaints become UnreadableImageError. */
export async function decode<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw unreadable(error);
  }
}

function mediaTypeOf(bytes: Uint8Array): string {
  if (bytes.length === 0)
    throw new UnreadableImageError('The file is empty. Send a JPEG, PNG, TIFF or WebP image.');
  const format = sniffFormat(bytes);
  if (format === 'image/png' && hasNoPixels(bytes)) throw noPixels();
  if (format) return format;
  const found = refusedFormat(bytes);
  throw new UnreadableImageError(
    found
      ? `This is ${found}, whatever its name says. Send the picture as a JPEG, PNG, TIFF or WebP image.`
      : 'This is not an image, or none of a known kind. Send a JPEG, PNG, TIFF or WebP image.',
  );
}

function refuseUnusable({ width, height, pages = 1, space, depth, channels }: Metadata): void {
  if (width === 0 || height === 0) {
    throw new UnreadableImageError(
      `The image has no pixels (${width} × ${height}). Send one that shows a cell.`,
    );
  }
  if (pages > 1) {
    throw new UnreadableImageError(
      `The file holds ${pages} pictures (pages, a focus stack or an animation). Send the one that shows the cell in focus.`,
    );
  }
  if (space === 'cmyk') {
    throw new UnreadableImageError(
      'The image is in CMYK, the colours of printing, which do not tell the colours of the stain. Export it as RGB.',
    );
  }
  if (depth !== 'uchar') {
    throw new UnreadableImageError(
      'The image has more than 8 bits per channel, and how bright its values are meant to look is not defined. ' +
        'Export it with 8 bits per channel.',
    );
  }
  if (space === 'b-w' || channels < 3) {
    throw new UnreadableImageError(
      'The image is greyscale; the model reads the colours of the stain. Send the colour picture.',
    );
  }
  if (space !== 'srgb') {
    throw new UnreadableImageError(`The image is in the colour space '${space}'. Export it as RGB.`);
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new UnreadableImageError(
      `The image has only ${width} × ${height} pixels, too few to show a cell. Send it in its original size.`,
    );
  }
}

function unreadable(error: unknown): UnreadableImageError {
  const complaint = error instanceof Error ? error.message : String(error);
  if (/exceeds pixel limit/.test(complaint)) {
    return new UnreadableImageError(
      `The image has more than ${MAX_PIXELS / 1e6} million pixels. Crop it to the cell, or export it smaller.`,
      { cause: error },
    );
  }
  if (/empty JPEG image/i.test(complaint)) return noPixels(error);
  if (/timeout/i.test(complaint)) {
    return new UnreadableImageError(
      `The image takes longer than ${MAX_DECODE_SECONDS} seconds to decode. Save it again as a PNG or a plain JPEG.`,
      { cause: error },
    );
  }
  return new UnreadableImageError('The image is damaged or incomplete. Send the original file again.', {
    cause: error,
  });
}

/** Of a PNG, whose decoder calls a size of 0 a corrupt header. Width and height are at a fixed place, in IHDR. */
function hasNoPixels(png: Uint8Array): boolean {
  if (png.length < 24) return false;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  return view.getUint32(16) === 0 || view.getUint32(20) === 0;
}

function noPixels(cause?: unknown): UnreadableImageError {
  return new UnreadableImageError(
    'The image has no pixels: its width or height is 0. Send one that shows a cell.',
    {
      cause,
    },
  );
}
