import { coloursOfExif } from '../../../../../server/image-files/exif-colours.js';
import { type FileWarning, tooManyPixels } from '../../../../../server/image-files/inspection.js';
import { inspectJpeg } from '../../../../../server/image-files/jpeg-inspection.js';
import { MAX_PIXELS } from '../../../../../server/image-files/limits.js';
import { inspectPng } from '../../../../../server/image-files/png-inspection.js';
import { refuseUnusable } from '../../../../../server/image-files/refuse-unusable.js';
import { readableFormat } from '../../../../../server/image-files/sniff-format.js';
import { UnreadableImageError } from '../../../../../server/image-files/unreadable-image.js';
import { inspectWebp } from '../../../../../server/image-files/webp-inspection.js';
import { colourSpaceOf, type StatedColours, toSrgb } from '../../../../../server/pixels/colour-space.js';
import { opacityOf } from '../../../../../server/pixels/opacity.js';
import type { Picture } from '../../../../../server/pixels/prepare-pixels.js';
import { hasSeam } from '../../../../../server/pixels/seam.js';
import { crc32 } from './crc32.js';

export interface DecodedPicture {
  readonly picture: Picture;
  readonly warnings: readonly FileWarning[];
}

/**
 * Decodes a file with the browser's decoder, after the same inspection of its structure as on the server, and refuses the same files.
 * Transparency is put on white. The decoders of browsers differ from the server's by a few grey levels at most.
 * @throws UnreadableImageError with a sentence that says what would be right
 */
export async function decodePicture(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedPicture> {
  const file = inspect(bytes);
  const space = colourSpaceOf(file.colours);
  const rgba = await pixelsOf(file.bytes, file.mediaType, {
    // What the file states apart from a profile is followed below, as on the server.
    colorSpaceConversion: file.colours.kind === 'none' ? 'default' : 'none',
  });
  const { width, height, data } = rgba;
  refuseUnusable({ width, height, space: file.space, depth: file.depth }, 3);
  const warnings = new Set(file.warnings);
  if (space === 'unknown') warnings.add('COLOUR_SPACE_UNKNOWN');
  else if (space) toSrgb(data, 4, space);
  const opacity = file.mediaType === 'image/jpeg' ? 'whole' : opacityOf(data);
  if (opacity === 'none')
    throw new UnreadableImageError(
      'The image is completely transparent. Save it again without transparency.',
    );
  if (opacity === 'partial') warnings.add('TRANSPARENT');
  if (hasSeam(data, { width, height }, 4, file.isUprightJpeg)) warnings.add('POSSIBLY_DAMAGED');
  return { picture: { width, height, pixels: onWhite(data) }, warnings: [...warnings] };
}

interface InspectedFile {
  readonly mediaType: string;
  /** A copy in which known faults are repaired. */
  readonly bytes: Uint8Array;
  readonly warnings: readonly FileWarning[];
  readonly colours: StatedColours;
  readonly space: 'srgb' | 'b-w' | 'cmyk';
  readonly depth: 'uchar' | 'ushort';
  readonly isUprightJpeg: boolean;
}

const NO_COLOURS: StatedColours = { kind: 'none' };

function inspect(bytes: Uint8Array): InspectedFile {
  const mediaType = readableFormat(bytes);
  const plain = {
    mediaType,
    space: 'srgb',
    depth: 'uchar',
    isUprightJpeg: false,
    colours: NO_COLOURS,
  } as const;
  switch (mediaType) {
    case 'image/jpeg': {
      const jpeg = inspectJpeg(bytes);
      const space = jpeg.components === 4 ? 'cmyk' : jpeg.components < 3 ? 'b-w' : 'srgb';
      const colours = jpeg.exif && !jpeg.hasProfile ? coloursOfExif(jpeg.exif) : NO_COLOURS;
      return { ...plain, ...jpeg, space, colours, isUprightJpeg: jpeg.exif === null };
    }
    case 'image/png':
      return { ...plain, ...inspectPng(bytes, crc32), ...kindOfPng(bytes) };
    case 'image/webp':
      return { ...plain, ...inspectWebp(bytes) };
    default:
      throw new UnreadableImageError(
        'A browser cannot read TIFF files. Upload it, so that the server classifies it, or save it as a PNG.',
      );
  }
}

/** The depth and the colour type of a PNG are two bytes of its header (PNG specification, 11.2.2). */
function kindOfPng(png: Uint8Array): Pick<InspectedFile, 'space' | 'depth'> {
  const [depth = 8, type = 2] = png.subarray(24, 26);
  const isGrey = type === 0 || type === 4;
  return { space: isGrey ? 'b-w' : 'srgb', depth: depth === 16 ? 'ushort' : 'uchar' };
}

/** The upright picture, `[height, width, 4]`, in sRGB. */
async function pixelsOf(
  bytes: Uint8Array,
  type: string,
  options: ImageBitmapOptions,
): Promise<{ width: number; height: number; data: Uint8Array }> {
  const file = new Blob([Uint8Array.from(bytes)], { type });
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
    ...options,
  }).catch((cause: unknown) => {
    throw new UnreadableImageError(
      'This browser cannot read the image. Upload it, so that the server classifies it.',
      { cause },
    );
  });
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) throw tooManyPixels();
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('This browser has no memory left for the picture.');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, data: new Uint8Array(data.buffer) };
  } finally {
    bitmap.close();
  }
}

/** `[n, 4]` → `[n, 3]`, with transparent parts on white, as on an empty slide. */
function onWhite(rgba: Uint8Array): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const opacity = (rgba[from + 3] ?? 255) / 255;
    for (let channel = 0; channel < 3; channel++)
      pixels[to + channel] = Math.floor((rgba[from + channel] ?? 0) * opacity + 255 * (1 - opacity));
  }
  return pixels;
}
