// A process that measures the decoder of the clone whose compiled files are below process.argv[2].
import { crc32 } from 'node:zlib';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import type * as JpegInspection from '../../server/image-files/jpeg-inspection.js';
import type * as MeasureImage from '../../server/imaging/measure-image.js';
import type * as PngInspection from '../../server/image-files/png-inspection.js';
import type * as PrepareImage from '../../server/imaging/prepare-image.js';
import type * as Seam from '../../server/pixels/seam.js';
import type * as Thumbnail from '../../server/imaging/thumbnail.js';
import type * as TiffInspection from '../../server/imaging/tiff-inspection.js';
import type * as WebpInspection from '../../server/image-files/webp-inspection.js';

/**
 * `bare`: only sharp decodes all pixels. `classification`, `measurement`, `thumbnail`: all steps of these tasks, starting from the
 * bytes of the image. `inspection` (checking the file's structure) and `seam` (searching for breaks in the image) are parts of them.
 */
export type Task = 'bare' | 'classification' | 'measurement' | 'thumbnail' | 'inspection' | 'seam';

export interface Order {
  readonly task: Task;
  readonly images: readonly Uint8Array[];
  readonly seconds: number;
}

/** `cpuMs`: CPU time for one image, on all threads. */
export interface Answer {
  readonly cpuMs: number;
}

const PREPROCESSING: Parameters<typeof PrepareImage.prepareImage>[1] = {
  crop: 0.75,
  inputSize: 128,
  colour: { kind: 'white-balance', percentile: 95, target: 240 },
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

const root = pathToFileURL(`${process.argv[2] ?? ''}/`);
const load = <T>(name: string, folder = 'imaging') =>
  import(new URL(`server/${folder}/${name}.js`, root).href) as Promise<T>;
const { prepareImage } = await load<typeof PrepareImage>('prepare-image');
const { measureImage } = await load<typeof MeasureImage>('measure-image');
const { thumbnail } = await load<typeof Thumbnail>('thumbnail');
sharp.concurrency(1);
sharp.cache(false);

process.on('message', (order: Order) => {
  void measure(order).then((cpuMs) => process.send?.({ cpuMs } satisfies Answer));
});

async function measure({ task, images, seconds }: Order): Promise<number> {
  const work = await workOf(task, images);
  for (const image of images) await work(image);
  let count = 0;
  const start = process.cpuUsage();
  let cpuMs = 0;
  while (cpuMs < 1000 * seconds) {
    for (const image of images) await work(image);
    count += images.length;
    const { user, system } = process.cpuUsage(start);
    cpuMs = (user + system) / 1000;
  }
  return cpuMs / count;
}

async function workOf(task: Task, images: readonly Uint8Array[]): Promise<(image: Uint8Array) => unknown> {
  switch (task) {
    case 'bare':
      return (image) => sharp(image).raw().toBuffer();
    case 'classification':
      return (image) => prepareImage(image, PREPROCESSING);
    case 'measurement':
      return measureImage;
    case 'thumbnail':
      return (image) => thumbnail(image, 320);
    case 'inspection':
      return inspection();
    case 'seam': {
      const { hasSeam } = await load<typeof Seam>('seam');
      const decoded = new Map<Uint8Array, { data: Uint8Array; width: number; height: number }>();
      for (const image of images) {
        const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
        decoded.set(image, { data, ...info });
      }
      return (image) => {
        const found = decoded.get(image);
        return found && hasSeam(found.data, found, 3, image[0] === 0xff);
      };
    }
  }
}

async function inspection(): Promise<(image: Uint8Array) => unknown> {
  const { inspectJpeg } = await load<typeof JpegInspection>('jpeg-inspection', 'image-files');
  const { inspectPng } = await load<typeof PngInspection>('png-inspection', 'image-files');
  const { inspectTiff } = await load<typeof TiffInspection>('tiff-inspection');
  const { inspectWebp } = await load<typeof WebpInspection>('webp-inspection', 'image-files');
  const byFirstByte: Record<number, (image: Uint8Array) => unknown> = {
    0xff: inspectJpeg,
    0x89: (image) => inspectPng(image, crc32),
    0x49: inspectTiff,
    0x4d: inspectTiff,
    0x52: inspectWebp,
  };
  return (image) => byFirstByte[image[0] ?? 0]?.(image);
}
