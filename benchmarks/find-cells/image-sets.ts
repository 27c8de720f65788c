import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type Random, shuffle } from '../../server/imaging/seeded-random.js';

/** Constants and weights of the finder were chosen on the first half of each set; figures are reported for the second. */
export type Half = 'tune' | 'report';

/** A decoded picture. */
export interface Picture {
  readonly name: string;
  /** `[height, width, 3]`, RGB 0–255. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A box drawn by hand, in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Folders of pictures with one cell in the middle. */
export const SINGLE_CELLS = [
  ...[
    'blast',
    'lymphocyte',
    'monocyte',
    'neutrophil_seg',
    'neutrophil_band',
    'eosinophil',
    'basophil',
  ].flatMap((type) => [`deepapl-discovery/${type}`, `originals/${type}`]),
  'bucket/myeloblast',
  'bucket/basophil',
].sort();
export const FIELDS = 'fields/images';

/** The image files of a folder that belong to a half: by patient where the name gives the patient, else by the number of the file. */
export async function filesOf(data: string, folder: string, half: Half): Promise<string[]> {
  const names = await readdir(path.join(data, folder));
  return names
    .filter((name) => /\.(jpe?g|png|tiff?)$/i.test(name))
    .filter((name) => {
      const number = Number((/Patient_(\d+)/.exec(name) ?? /(\d+)\D*$/.exec(name))?.[1] ?? 0);
      return number % 2 === (half === 'report' ? 1 : 0);
    })
    .sort()
    .map((name) => path.join(data, folder, name));
}

export function sampleOf<T>(values: readonly T[], count: number, random: Random): T[] {
  return shuffle([...values], random).slice(0, count);
}

export async function decode(file: string): Promise<Picture> {
  const { data, info } = await sharp(file)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { name: file, pixels: new Uint8Array(data), width: info.width, height: info.height };
}

/** The boxes of white cells or of red cells of each field, by file name. */
export async function fieldBoxes(data: string, kind: 'WBC' | 'RBC'): Promise<Map<string, Box[]>> {
  const [, ...lines] = (await readFile(path.join(data, 'fields/boxes.csv'), 'utf8')).trim().split('\n');
  const boxes = new Map<string, Box[]>();
  for (const line of lines) {
    const [file = '', found, ...sides] = line.split(',');
    if (found !== kind) continue;
    const [left = 0, top = 0, right = 0, bottom = 0] = sides.map(Number);
    boxes.set(file, [...(boxes.get(file) ?? []), { left, top, right, bottom }]);
  }
  return boxes;
}
