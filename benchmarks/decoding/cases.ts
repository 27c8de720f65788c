import sharp, { type Sharp } from 'sharp';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';
import { loadImages } from '../serving/images.js';

export interface Case {
  readonly name: string;
  readonly images: () => Promise<readonly Buffer[]>;
}

const ENCODINGS: Record<string, (image: Sharp) => Sharp> = {
  'JPEG 4:4:4': (image) => image.jpeg({ quality: 92, chromaSubsampling: '4:4:4' }),
  'JPEG 4:2:0': (image) => image.jpeg({ quality: 85, chromaSubsampling: '4:2:0' }),
  'JPEG progressive': (image) => image.jpeg({ quality: 85, progressive: true }),
  PNG: (image) => image.png(),
  'TIFF none': (image) => image.tiff({ compression: 'none' }),
  'TIFF LZW': (image) => image.tiff({ compression: 'lzw', predictor: 'none' }),
  'TIFF Deflate': (image) => image.tiff({ compression: 'deflate' }),
  'WebP lossy': (image) => image.webp({ quality: 90 }),
  'WebP lossless': (image) => image.webp({ lossless: true }),
};

/** Sizes of single cells, which are classified in thousands, and of whole fields from a camera: 4,000 × 3,000 pixels. */
const SIZES = [
  { name: '360 × 360', width: 360, height: 360 },
  { name: '12 MP', width: 4000, height: 3000 },
];

/** Returns drawn cells in all supported formats, by size. If a folder is given, its JPEG files come first. */
export function decodingCases(folder: string | null): Case[] {
  const drawn = SIZES.flatMap(({ name, width, height }) =>
    Object.entries(ENCODINGS).map(([encoding, encode]) => ({
      name: `${encoding}, ${name}`,
      images: async () => {
        const images: Buffer[] = [];
        for await (const { bytes } of drawDemoCells({ count: width > 1000 ? 1 : 4, seed: 1, size: 360 })) {
          images.push(await encode(await grainy(bytes, width, height)).toBuffer());
        }
        return images;
      },
    })),
  );
  return folder === null
    ? drawn
    : [{ name: 'JPEG of the folder', images: () => loadImages(folder) }, ...drawn];
}

/** Enlarges the image to this size and adds sensor noise, because an enlarged image alone compresses far too well. */
async function grainy(bytes: Buffer, width: number, height: number): Promise<Sharp> {
  const noise = { type: 'gaussian', mean: 128, sigma: 3 } as const;
  const grain = await sharp({ create: { width, height, channels: 3, background: 'grey', noise } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const pixels = await sharp(bytes)
    .resize(width, height, { fit: 'fill' })
    .composite([{ input: grain, blend: 'soft-light' }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
