import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';

const DRAWN = 96;
const DRAWN_SIZE = 360;
const START_OF_IMAGE = 2;
const MARK_BYTES = 16;
/** A comment segment (JPEG's COM): marker, length of itself and the mark, the mark. */
const SEGMENT_HEAD = Buffer.from([0xff, 0xfe, 0, 2 + MARK_BYTES]);

/** Returns all JPEG images in the folder and its sub-folders, ordered by path. Without a folder, drawn images of a similar size. */
export async function loadImages(folder: string | null): Promise<Buffer[]> {
  const images: Buffer[] = [];
  if (folder === null) {
    for await (const { bytes } of drawDemoCells({ count: DRAWN, seed: 1, size: DRAWN_SIZE }))
      images.push(bytes);
    return images;
  }
  const names = await readdir(folder, { recursive: true });
  for (const name of names.filter((name) => /\.jpe?g$/i.test(name)).sort())
    images.push(await readFile(path.join(folder, name)));
  if (images.length === 0) throw new Error(`There is no JPEG image below ${folder}.`);
  return images;
}

/**
 * The parts of a JPEG image whose bytes are unique: the same picture with a mark in a comment, so that a server that caches
 * answers still has to classify it. `head`, `markOf(run, counter)` and `tail` joined are the image.
 */
export function splitForMark(image: Buffer): { head: Buffer; tail: Buffer } {
  if (image[0] !== 0xff || image[1] !== 0xd8) throw new Error('An image is not a JPEG file.');
  return {
    head: Buffer.concat([image.subarray(0, START_OF_IMAGE), SEGMENT_HEAD]),
    tail: image.subarray(START_OF_IMAGE),
  };
}

/** Of a fixed length; `run` and `counter` are whole numbers below 2^48. */
export function markOf(run: number, counter: number): Buffer {
  const mark = Buffer.alloc(MARK_BYTES);
  mark.writeUIntBE(run, 0, 6);
  mark.writeUIntBE(counter, MARK_BYTES - 6, 6);
  return mark;
}

export const MARK_LENGTH = MARK_BYTES;

/** The whole image that a request with this mark sends. */
export function markedImage(image: Buffer, run: number, counter: number): Buffer {
  const { head, tail } = splitForMark(image);
  return Buffer.concat([head, markOf(run, counter), tail]);
}
