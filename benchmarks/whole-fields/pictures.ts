import sharp from 'sharp';
import { randomFrom } from '../../server/imaging/seeded-random.js';
import { DrawnSmear, NUCLEUS, PLATELET } from '../../server/pixels/testing.js';

/** A drawn part of a picture, which is repeated in rows and columns. */
interface Tile {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/** Pictures of the largest cameras, and what can be in them. Each tile has 2.5 megapixels. */
export const PICTURES = {
  '10 megapixels, 76 cells': () => ({ tile: field(19), times: 2 }),
  '40 megapixels, 304 cells': () => ({ tile: field(19), times: 4 }),
  '40 megapixels, 640 cells': () => ({ tile: field(40), times: 4 }),
  '40 megapixels, 1,760 cells side by side': () => ({ tile: mosaic(), times: 4 }),
  '40 megapixels, 5,000 specks': () => ({ tile: specks(313), times: 4 }),
  '40 megapixels of noise': () => ({ tile: noise(), times: 4 }),
  '40 megapixels, empty slide': () => ({ tile: tileOf(new DrawnSmear(WIDTH, HEIGHT)), times: 4 }),
} as const;
export type PictureName = keyof typeof PICTURES;

const WIDTH = 1_824;
const HEIGHT = 1_368;
/** Diameters in pixels, as a 100× objective shows them. */
const WHITE_CELL = 150;
const RED_CELL = 80;

/** The picture as a JPEG of usual quality. */
export function jpegOf(name: PictureName): Promise<Buffer> {
  const { tile, times } = PICTURES[name]();
  const width = tile.width * times;
  const height = tile.height * times;
  const pixels = new Uint8Array(width * height * 3);
  const row = tile.width * 3;
  for (let y = 0; y < height; y++) {
    const source = tile.pixels.subarray((y % tile.height) * row, ((y % tile.height) + 1) * row);
    for (let column = 0; column < times; column++) pixels.set(source, (y * times + column) * row);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer();
}

/** White cells in a grid, each moved a little, with red cells between them. */
function field(count: number): Tile {
  const random = randomFrom('field');
  const columns = Math.round(Math.sqrt((count * WIDTH) / HEIGHT));
  const rows = Math.ceil(count / columns);
  const cells = Array.from({ length: count }, (_, at) => ({
    x: ((at % columns) + 0.5 + random.between(-0.15, 0.15)) * (WIDTH / columns),
    y: (Math.floor(at / columns) + 0.5 + random.between(-0.15, 0.15)) * (HEIGHT / rows),
  }));
  const smear = new DrawnSmear(WIDTH, HEIGHT);
  smear.redCells(RED_CELL, (x, y) => cells.every((cell) => Math.hypot(x - cell.x, y - cell.y) > WHITE_CELL));
  for (const { x, y } of cells) smear.whiteCell(x, y, WHITE_CELL);
  return tileOf(smear);
}

/** As many cells as fit beside each other: more than are classified. */
function mosaic(): Tile {
  const smear = new DrawnSmear(WIDTH, HEIGHT);
  const step = 150;
  for (let y = step / 2; y < HEIGHT - step / 2; y += step) {
    for (let x = step / 2; x < WIDTH - step / 2; x += step) smear.whiteCell(x, y, 110);
  }
  return tileOf(smear);
}

/** Dye that has dried, and platelets. */
function specks(count: number): Tile {
  const random = randomFrom('specks');
  const smear = new DrawnSmear(WIDTH, HEIGHT);
  for (let at = 0; at < count; at++) {
    const dye = random.below(2) === 0 ? NUCLEUS : PLATELET;
    smear.disc(random.below(WIDTH), random.below(HEIGHT), random.between(4, 30), dye);
  }
  return tileOf(smear);
}

/** Each pixel is random. */
function noise(): Tile {
  const random = randomFrom('noise');
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let at = 0; at < pixels.length; at++) pixels[at] = random.below(256);
  return { pixels, width: WIDTH, height: HEIGHT };
}

function tileOf(smear: DrawnSmear): Tile {
  return { pixels: smear.pixels(), width: smear.width, height: smear.height };
}
