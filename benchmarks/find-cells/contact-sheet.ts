import sharp from 'sharp';
import { findCells } from '../../server/pixels/find-cells.js';
import type { Picture } from './image-sets.js';

const TILE = 220;
const PER_ROW = 8;

/** Writes a PNG of pictures with what was found in them: whole cells blue, cut-off cells orange, a red cell's size in the corner. */
export async function contactSheet(pictures: readonly Picture[], file: string): Promise<void> {
  const tiles = await Promise.all(
    pictures.map(async (picture, index) => ({
      input: await tileOf(picture),
      left: (index % PER_ROW) * TILE,
      top: Math.floor(index / PER_ROW) * TILE,
    })),
  );
  const height = Math.ceil(pictures.length / PER_ROW) * TILE;
  await sharp({ create: { width: PER_ROW * TILE, height, channels: 3, background: 'black' } })
    .composite(tiles)
    .png()
    .toFile(file);
}

async function tileOf({ pixels, width, height }: Picture): Promise<Buffer> {
  const { cells, scale } = findCells(pixels, width, height);
  const line = width / 110;
  const shapes = cells.map(
    ({ outline, isCutOff }) =>
      `<polygon points="${[...outline].join(' ')}" fill="none" stroke="${isCutOff ? '#fa0' : '#00f'}" stroke-width="${line}"/>`,
  );
  const radius = (scale?.redCellDiameter ?? 0) / 2;
  shapes.push(
    `<circle cx="${radius}" cy="${radius}" r="${radius}" fill="none" stroke="#0a0" stroke-width="${line}"/>`,
  );
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shapes.join('')}</svg>`;
  const drawn = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(drawing) }])
    .png()
    .toBuffer();
  return sharp(drawn)
    .resize(TILE - 4, TILE - 4, { fit: 'contain', background: 'black' })
    .png()
    .toBuffer();
}
