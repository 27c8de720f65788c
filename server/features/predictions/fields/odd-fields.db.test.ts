import sharp from 'sharp';
import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { randomFrom } from '../../../imaging/seeded-random.js';
import { MOST_CELLS, MOST_LEFT_OUT } from '../../../pixels/field-cells.js';
import { DrawnSmear, NUCLEUS } from '../../../pixels/testing.js';
import { registerRandomChampion } from '../../models/testing.js';
import { uploadOf } from '../testing.js';

// Pictures that people send although they are no fields of a smear. Each gets an answer in bounded time.

let services: TestServices;
let clinician: Viewer;

beforeAll(async () => {
  services = await openTestServices({ classifyDeadlineMs: 60_000 });
  await registerRandomChampion(services.contextOf(await services.createViewer()));
  clinician = await services.createViewer(Role.CLINICIAN);
});
afterAll(() => services.close());

interface AnsweredField {
  id: string;
  predictions: unknown[];
  leftOut: unknown[];
  qualityWarnings: string[];
}

interface Drawing {
  width: number;
  height: number;
  pixels: Uint8Array;
}

function paper(width: number, height: number, colour: readonly number[]): Drawing {
  const pixels = new Uint8Array(width * height * 3);
  const row = Uint8Array.from({ length: width * 3 }, (_, at) => colour[at % 3] ?? 0);
  for (let y = 0; y < height; y++) pixels.set(row, y * row.length);
  return { width, height, pixels };
}

function fillBox({ width, height, pixels }: Drawing, box: readonly number[], colour: readonly number[]) {
  const [left = 0, top = 0, right = 0, bottom = 0] = box.map(Math.round);
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++)
    for (let x = Math.max(0, left); x < Math.min(width, right); x++) pixels.set(colour, (y * width + x) * 3);
}

/** Lines of strokes in the shape of printed letters. */
function write(drawing: Drawing, left: number, top: number, characters: number, size: number) {
  const random = randomFrom('letters', left, top);
  const stroke = size / 6;
  for (let index = 0; index < characters; index++) {
    const x = left + index * size * 0.8;
    for (let line = 0; line < 3; line++) {
      const at = random.below(3) * (size / 3);
      const upright = [x + at * 0.6, top, x + at * 0.6 + stroke, top + size];
      const level = [x, top + at, x + size * 0.6, top + at + stroke];
      fillBox(drawing, line === 0 ? upright : level, [30, 30, 40]);
    }
  }
}

function paste(drawing: Drawing, { width, height, pixels }: Drawing, left: number, top: number) {
  for (let y = 0; y < height; y++)
    drawing.pixels.set(
      pixels.subarray(y * width * 3, (y + 1) * width * 3),
      ((top + y) * drawing.width + left) * 3,
    );
}

/** A smear with red cells of 36 pixels and white cells of 64 at the given places. */
function smear(width: number, height: number, cells: readonly [number, number][]): Drawing {
  const drawn = new DrawnSmear(width, height).redCells(36, (x, y) =>
    cells.every(([cx, cy]) => Math.hypot(x - cx, y - cy) > 64),
  );
  for (const [x, y] of cells) drawn.whiteCell(x, y, 64);
  return { width, height, pixels: drawn.pixels() };
}

function specks(): Drawing {
  const random = randomFrom('specks');
  const drawing = paper(7_400, 5_400, [245, 232, 215]);
  const speck = { width: 14, height: 14, pixels: new DrawnSmear(14, 14).disc(7, 7, 9, NUCLEUS).pixels() };
  for (let count = 0; count < 5_000; count++)
    paste(drawing, speck, random.below(drawing.width - 14), random.below(drawing.height - 14));
  return drawing;
}

function mosaic(): Drawing {
  const tile = smear(150, 150, [[75, 75]]);
  const drawing = paper(1_500, 1_500, [255, 255, 255]);
  for (let index = 0; index < 100; index++)
    paste(drawing, tile, (index % 10) * 150, Math.floor(index / 10) * 150);
  return drawing;
}

function page(): Drawing {
  const drawing = paper(1_200, 900, [255, 255, 255]);
  for (let line = 0; line < 20; line++) write(drawing, 60, 40 + line * 42, 60, 20);
  return drawing;
}

function eyepiece(): Drawing {
  const cells: [number, number][] = [
    [400, 300],
    [520, 420],
  ];
  const drawing = smear(900, 700, cells);
  for (let y = 0; y < 700; y++)
    for (let x = 0; x < 900; x++)
      if (Math.hypot(x - 450, y - 350) > 330) drawing.pixels.set([6, 6, 8], (y * 900 + x) * 3);
  return drawing;
}

function screenshot(): Drawing {
  const drawing = paper(1_280, 900, [236, 236, 240]);
  fillBox(drawing, [0, 0, 1_280, 60], [32, 48, 96]);
  write(drawing, 20, 80, 40, 16);
  paste(
    drawing,
    smear(800, 600, [
      [200, 200],
      [500, 350],
    ]),
    240,
    150,
  );
  fillBox(drawing, [880, 710, 1_020, 718], [0, 0, 0]);
  write(drawing, 900, 685, 6, 16);
  return drawing;
}

test.each<[string, () => Drawing, [fewest: number, most: number]]>([
  ['40 megapixels with 5,000 specks', specks, [0, MOST_CELLS]],
  ['a mosaic of 100 pictures of a cell', mosaic, [90, 100]],
  ['a page of text', page, [0, 0]],
  ['a photograph through the eyepiece', eyepiece, [2, 2]],
  ['a screenshot with a scale bar', screenshot, [0, 2]],
])(
  '%s gets an answer',
  async (name, draw, [fewest, most]) => {
    const { width, height, pixels } = draw();
    const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
    const bytes = await raw.jpeg({ quality: 92 }).toBuffer();
    const { data, errors } = await services.execute(
      `mutation ($image: Upload!) {
        classifyField(image: $image) {
          field { id qualityWarnings leftOut { reason } predictions { id outcome region { left top width height } } }
          userErrors { message }
        }
      }`,
      { image: uploadOf(bytes, { filename: `${name}.jpg` }) },
      clinician,
    );
    expect([errors, data.classifyField.userErrors]).toEqual([[], []]);
    const { id, predictions, leftOut, qualityWarnings }: AnsweredField = data.classifyField.field;
    expect(predictions.length).toBeGreaterThanOrEqual(fewest);
    expect(predictions.length).toBeLessThanOrEqual(most);
    expect(leftOut.length).toBeLessThanOrEqual(MOST_LEFT_OUT);
    if (predictions.length + leftOut.length === 0) expect(qualityWarnings).toContain('NO_CELL');
    expect(await services.database.prediction.count({ where: { fieldId: id } })).toBe(predictions.length);
  },
  240_000,
);
