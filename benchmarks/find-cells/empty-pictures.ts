import path from 'node:path';
import sharp from 'sharp';
import { type Random, randomFrom } from '../../server/imaging/seeded-random.js';
import { decode, fieldBoxes, FIELDS, filesOf, type Half, type Picture } from './image-sets.js';

/** A cell's box is larger than drawn by up to this many pixels. */
const MARGIN = 40;
/** Quarters of a field and its middle: left and top in parts of the size. */
const PARTS = [
  [0, 0],
  [0.5, 0],
  [0, 0.5],
  [0.5, 0.5],
  [0.25, 0.25],
] as const;

/** Pictures without a white cell: parts of fields with red cells and platelets only, and pictures that show no smear. */
export async function* emptyPictures(
  data: string,
  half: Half,
): AsyncGenerator<{ kind: string; pictures: Picture[] }> {
  const random = randomFrom('empty', half);
  const repeat = (make: () => Picture) => Array.from({ length: 10 }, make);
  yield { kind: 'red cells and platelets', pictures: await partsWithoutWhiteCells(data, half) };
  yield { kind: 'blank slide', pictures: repeat(() => blank(random)) };
  yield { kind: 'black', pictures: [paint(300, 300, () => [0, 0, 0])] };
  yield { kind: 'coloured noise', pictures: repeat(() => noise(random, false)) };
  yield { kind: 'grey noise', pictures: repeat(() => noise(random, true)) };
  yield {
    kind: 'enlarged noise',
    pictures: await Promise.all(repeat(() => noise(random, false)).map(enlarged)),
  };
  yield { kind: 'slide with dust', pictures: repeat(() => specks(random, [150, 140, 120])) };
  yield { kind: 'slide with precipitate', pictures: repeat(() => specks(random, [110, 60, 150])) };
  yield { kind: 'eyepiece without cells', pictures: [paint(640, 480, throughEyepiece)] };
  yield {
    kind: 'text',
    pictures: await Promise.all(['#000', '#333', '#203090'].map((colour) => text(colour))),
  };
}

async function partsWithoutWhiteCells(data: string, half: Half): Promise<Picture[]> {
  const white = await fieldBoxes(data, 'WBC');
  const found: Picture[] = [];
  for (const file of await filesOf(data, FIELDS, half)) {
    const field = await decode(file);
    const boxes = white.get(path.basename(file)) ?? [];
    const [width, height] = [field.width >> 1, field.height >> 1];
    for (const [across, down] of PARTS) {
      const left = Math.round(across * field.width);
      const top = Math.round(down * field.height);
      const hasCell = boxes.some(
        (box) =>
          box.left - MARGIN < left + width &&
          box.right + MARGIN > left &&
          box.top - MARGIN < top + height &&
          box.bottom + MARGIN > top,
      );
      if (hasCell) continue;
      const data = await sharp(field.pixels, {
        raw: { width: field.width, height: field.height, channels: 3 },
      })
        .extract({ left, top, width, height })
        .raw()
        .toBuffer();
      found.push({ name: `${file} ${left},${top}`, pixels: new Uint8Array(data), width, height });
    }
  }
  return found;
}

function paint(
  width: number,
  height: number,
  colourAt: (x: number, y: number) => readonly [number, number, number],
): Picture {
  const pixels = new Uint8Array(width * height * 3);
  for (let index = 0; index < width * height; index++) {
    pixels.set(colourAt(index % width, Math.floor(index / width)), 3 * index);
  }
  return { name: 'painted', pixels, width, height };
}

function blank(random: Random): Picture {
  const level = random.between(180, 250);
  const spread = random.between(0, 30);
  return paint(300, 300, () => {
    const value = level - random.between(0, spread);
    return [value, value * 0.97, value * 0.93];
  });
}

function noise(random: Random, isGrey: boolean): Picture {
  const side = random.below(300) + 40;
  return paint(side, side, () => {
    const value = random.below(256);
    return isGrey ? [value, value, value] : [value, random.below(256), random.below(256)];
  });
}

/** Three times as large, as programs do when they show a small picture. */
async function enlarged({ name, pixels, width, height }: Picture): Promise<Picture> {
  const { data, info } = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .resize(3 * width, 3 * height)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { name, pixels: new Uint8Array(data), width: info.width, height: info.height };
}

/** An empty slide with specks of up to 15 pixels, each a disc with a piece missing. */
function specks(random: Random, colour: readonly [number, number, number]): Picture {
  const side = random.below(600) + 224;
  const { pixels } = paint(side, side, () => [236, 228, 218]);
  for (let speck = 0; speck < 10 + random.below(200); speck++) {
    const radius = random.between(1, 7.5);
    const [x, y] = [random.between(0, side), random.between(0, side)];
    const [cutX, cutY] = [x + random.between(-radius, radius), y + random.between(-radius, radius)];
    for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(side, y + radius); row++) {
      for (let column = Math.max(0, Math.ceil(x - radius)); column < Math.min(side, x + radius); column++) {
        const isIn = Math.hypot(column - x, row - y) < radius;
        if (isIn && Math.hypot(column - cutX, row - cutY) > radius / 2)
          pixels.set(colour, 3 * (row * side + column));
      }
    }
  }
  return { name: 'specks', pixels, width: side, height: side };
}

function throughEyepiece(x: number, y: number): readonly [number, number, number] {
  const distance = Math.hypot(x - 320, y - 240);
  if (distance > 230) return [12, 10, 25];
  return [250 - 0.2 * distance, 230 - 0.2 * distance, 200 - 0.2 * distance];
}

async function text(colour: string): Promise<Picture> {
  const lines = Array.from(
    { length: 9 },
    (_, line) => `<text x="10" y="${40 * line + 40}">Report ${line} of the haematology laboratory</text>`,
  );
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><g font-size="34" font-family="sans-serif" fill="${colour}">${lines.join('')}</g></svg>`;
  const { data, info } = await sharp(Buffer.from(drawing))
    .flatten({ background: 'white' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { name: `text ${colour}`, pixels: new Uint8Array(data), width: info.width, height: info.height };
}
