import sharp, { type OverlayOptions } from 'sharp';
import { randomFrom } from '../../server/imaging/seeded-random.js';
import { findCells } from '../../server/pixels/find-cells.js';
import { composeField, type CutOut } from './compose.js';
import type { Picture } from './image-sets.js';

/** A picture whose cells are known: the numbers, from 1, of those at a position. */
export interface KnownCells {
  readonly picture: Picture;
  readonly cells: number;
  readonly cellsAt: (x: number, y: number) => readonly number[];
}

/** A disc that holds a cell, in pixels. */
interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** How a mosaic is laid out: columns and rows of pictures of a single cell. */
const COLUMNS = 4;
const ROWS = 3;

/**
 * Pictures that people do send although they are not made for this: screenshots with a scale bar, photographs through the eyepiece,
 * mosaics, and fields without red cells.
 *
 * @param singles pictures of a single cell, of one laboratory; those in which the finder finds just one whole cell are used
 */
export async function* oddPictures(
  singles: readonly Picture[],
  cutOuts: readonly CutOut[],
): AsyncGenerator<{ kind: string; pictures: KnownCells[] }> {
  const random = randomFrom('odd');
  const known = singles.flatMap((picture) => {
    const [cell, ...others] = findCells(picture.pixels, picture.width, picture.height).cells;
    if (!cell || cell.isCutOff || others.length > 0) return [];
    return [{ picture, disc: { ...cell.centre, radius: cell.diameter / 2 } }];
  });
  yield {
    kind: 'screenshots with a scale bar',
    pictures: await Promise.all(known.slice(0, 20).map(screenshot)),
  };
  yield {
    kind: 'through the eyepiece',
    pictures: await Promise.all(known.slice(0, 20).map(throughEyepiece)),
  };
  const tiles = COLUMNS * ROWS;
  const mosaics = Array.from({ length: Math.floor(known.length / tiles) }, (_, at) =>
    known.slice(at * tiles, (at + 1) * tiles),
  );
  yield { kind: 'mosaics', pictures: await Promise.all(mosaics.map(mosaic)) };
  yield {
    kind: 'fields without red cells',
    pictures: [6, 12, 25, 50, 90].map((count) => {
      const options = { count, diameter: random.between(24, 54), touching: 0.4, redCells: false };
      const picture = composeField(cutOuts, options, random);
      return {
        picture,
        cells: picture.cells,
        cellsAt: (x, y) => {
          const owner = picture.owners[Math.floor(y) * picture.width + Math.floor(x)] ?? 0;
          return owner === 0 ? [] : [owner];
        },
      };
    }),
  };
}

interface Known {
  readonly picture: Picture;
  readonly disc: Disc;
}

/** The picture with a scale bar in it, on a white page with a title. */
async function screenshot({ picture, disc }: Known): Promise<KnownCells> {
  const { width, height } = picture;
  const page = { width: 2 * width, height: Math.round(1.5 * height) };
  const [left, top] = [Math.round(0.5 * width), Math.round(0.3 * height)];
  const size = width / 14;
  const bar = { x: left + 0.66 * width, y: top + 0.93 * height };
  const drawing = `<g font-family="sans-serif" font-size="${size}">
    <text x="${size}" y="${1.5 * size}" font-weight="bold" fill="#203090">Haematology image viewer</text>
    <text x="${size}" y="${3.2 * size}" fill="#333">File   View   Measure   Report 4711</text>
    <rect x="${bar.x}" y="${bar.y}" width="${0.28 * width}" height="${size / 4}" fill="black"/>
    <text x="${bar.x + size}" y="${bar.y - size / 4}" fill="black">10 µm</text></g>`;
  return onPage('screenshot', page, 'white', [{ picture, disc, left, top }], drawing);
}

/** The picture in the middle of a round opening in a black frame. */
async function throughEyepiece({ picture, disc }: Known): Promise<KnownCells> {
  const { width, height } = picture;
  const page = { width: Math.round(1.3 * width), height };
  const left = Math.round(0.15 * width);
  const [x, y] = [left + width / 2, height / 2];
  const [inner, outer] = [0.49 * Math.min(width, height), page.width + page.height];
  const ring = (inner + outer) / 2;
  const drawing = `<circle cx="${x}" cy="${y}" r="${ring}" fill="none" stroke="#0b0a0c" stroke-width="${outer - inner}"/>`;
  return onPage('eyepiece', page, 'black', [{ picture, disc, left, top: 0 }], drawing);
}

async function mosaic(tiles: readonly Known[]): Promise<KnownCells> {
  const { width, height } = tiles[0]?.picture ?? { width: 1, height: 1 };
  const placed = tiles.map((tile, at) => ({
    ...tile,
    left: (at % COLUMNS) * width,
    top: Math.floor(at / COLUMNS) * height,
  }));
  return onPage('mosaic', { width: COLUMNS * width, height: ROWS * height }, 'white', placed, '');
}

async function onPage(
  name: string,
  page: { width: number; height: number },
  background: string,
  placed: readonly (Known & { left: number; top: number })[],
  drawing: string,
): Promise<KnownCells> {
  const overlays: OverlayOptions[] = placed.map(({ picture: { pixels, width, height }, left, top }) => ({
    input: Buffer.from(pixels),
    raw: { width, height, channels: 3 },
    left,
    top,
  }));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${page.width}" height="${page.height}">${drawing}</svg>`;
  const { data } = await sharp({ create: { ...page, channels: 3, background } })
    .composite([...overlays, { input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const discs = placed.map(({ disc, left, top }) => ({ ...disc, x: disc.x + left, y: disc.y + top }));
  return {
    picture: { name, pixels: new Uint8Array(data), ...page },
    cells: discs.length,
    cellsAt: (x, y) =>
      discs.flatMap((disc, at) => (Math.hypot(disc.x - x, disc.y - y) < disc.radius ? [at + 1] : [])),
  };
}
