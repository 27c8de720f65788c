import { findCells } from './find-cells.js';
import { type Picture, prepareCell, preparePixels, type Resize } from './prepare-pixels.js';
import type { Preprocessing } from './preprocessing.js';
import { DrawnSmear } from './testing.js';

const RED = 24;
const CELL = 40;
const framing = { kind: 'cell' as const, micrometres: 20, diameters: 1.5 };
const preprocessing: Preprocessing = {
  frame: framing,
  trainedScale: { redCell: [0.35, 0.4], cell: [0.4, 0.8] },
  inputSize: 32,
  colour: { kind: 'none' },
  mean: [0, 0, 0],
  std: [1, 1, 1],
};
/** The side of the square by the drawn red cells: 20 µm at 7.5 µm for each. */
const SIDE = (20 / 7.5) * RED;

/** A smear with white cells at the given places, among red cells of the given diameter. 0: without red cells. */
function draw(
  width: number,
  height: number,
  cells: [x: number, y: number, size?: number][],
  red = RED,
): Picture {
  const smear = new DrawnSmear(width, height);
  if (red > 0) {
    smear.redCells(red, (x, y) =>
      cells.every(([cellX, cellY, size = CELL]) => Math.hypot(x - cellX, y - cellY) > size / 2 + red / 2 + 3),
    );
  }
  for (const [x, y, size = CELL] of cells) smear.whiteCell(x, y, size);
  return { width, height, pixels: smear.pixels() };
}

/** Takes the nearest pixel. It fails outside of the picture. */
const resizerOf =
  ({ width: whole, height: rows, pixels }: Picture): Resize =>
  async ({ left, top, width, height }, toWidth, toHeight) => {
    if (left < 0 || top < 0 || left + width > whole || top + height > rows) throw new Error('outside');
    return Uint8Array.from({ length: toWidth * toHeight * 3 }, (_, at) => {
      const pixel = Math.floor(at / 3);
      const x = left + Math.floor((((pixel % toWidth) + 0.5) * width) / toWidth);
      const y = top + Math.floor(((Math.floor(pixel / toWidth) + 0.5) * height) / toHeight);
      return pixels[3 * (y * whole + x) + (at % 3)] ?? 0;
    });
  };
const prepare = (picture: Picture, settings = preprocessing) =>
  preparePixels(picture, settings, resizerOf(picture));
const contentOf = (warnings: readonly string[]) => warnings.filter((warning) => /CELL|SCALE/.test(warning));

describe('the square around the cell', () => {
  it('has the same width in micrometres, wherever the cell is and however large the picture', async () => {
    for (const [picture, x, y] of [
      [draw(140, 140, [[70, 70]]), 70, 70],
      [draw(220, 180, [[70, 60]]), 70, 60],
    ] as const) {
      const { frame, qualityWarnings, sizes } = await prepare(picture);
      expect(Math.abs(frame.width - SIDE)).toBeLessThan(0.1 * SIDE);
      expect(frame.height).toBe(frame.width);
      expect(Math.abs(frame.left + frame.width / 2 - x)).toBeLessThan(3);
      expect(Math.abs(frame.top + frame.height / 2 - y)).toBeLessThan(3);
      expect(contentOf(qualityWarnings)).toEqual([]);
      expect(sizes.redCell).toBeCloseTo(7.5 / 20, 2);
      expect(Math.abs((sizes.cell ?? 0) - CELL / SIDE)).toBeLessThan(0.08);
    }
  });

  it('is a multiple of the diameter of the cell where no red cell gives the scale, which a warning says', async () => {
    const { frame, qualityWarnings, sizes } = await prepare(draw(140, 140, [[70, 70, 60]], 0));
    expect(Math.abs(frame.width - 1.5 * 60)).toBeLessThan(9);
    expect(contentOf(qualityWarnings)).toEqual(['SCALE_UNKNOWN']);
    expect(sizes.redCell).toBeNull();
  });

  it('is filled with the colour of the slide beyond the picture', async () => {
    const picture = draw(140, 140, [[24, 70]]);
    const { frame, pixels } = await prepare(picture);
    expect(frame.left).toBeLessThan(-4);
    expect([...pixels.subarray(32 * 16 * 3, 32 * 16 * 3 + 3)]).toEqual([245, 232, 215]);
  });
});

describe('the usual width of pictures of single cells', () => {
  const picture = draw(140, 140, [[70, 70]]);
  /** In micrometres, by the drawn red cells. */
  const width = (140 / RED) * 7.5;
  const usually = (micrometres: number): Preprocessing => ({
    ...preprocessing,
    frame: {
      ...framing,
      usualPicture: { micrometres, narrowest: micrometres / 1.33, widest: micrometres * 1.25 },
    },
  });
  const exactly = (micrometres: number) => Math.round((20 / micrometres) * 140);

  it.each([1 / 1.15, 1.2])('gives the scale if it is %d times what red cells say', async (times) => {
    const { frame, qualityWarnings } = await prepare(picture, usually(times * width));
    expect(frame.width).toBe(exactly(times * width));
    expect(contentOf(qualityWarnings)).toEqual([]);
  });

  it.each([1 / 1.5, 1.6])('does not count if it is %d times what red cells say', async (times) => {
    const { frame } = await prepare(picture, usually(times * width));
    expect(frame.width).toBe((await prepare(picture)).frame.width);
  });

  it('does not count where no red cell can be measured, nor for a cell of a field', async () => {
    const bare = draw(140, 140, [[70, 70, 60]], 0);
    expect((await prepare(bare, usually(width))).frame.width).toBe((await prepare(bare)).frame.width);
    const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
    const [cell] = cells;
    if (!cell) throw new Error('The cell was not found.');
    const ofField = (settings: Preprocessing) =>
      prepareCell(picture, cell, scale, settings, resizerOf(picture));
    const { frame } = await ofField(usually(1.2 * width));
    expect(frame.width).toBe((await ofField(preprocessing)).frame.width);
    expect(frame.width).not.toBe(exactly(1.2 * width));
  });
});

describe('the content of a picture', () => {
  it.each<[string, Picture, string[]]>([
    ['red cells alone', draw(140, 140, []), ['NO_CELL']],
    [
      'two whole cells',
      draw(200, 140, [
        [50, 70],
        [150, 70],
      ]),
      ['SEVERAL_CELLS'],
    ],
    [
      'a whole cell and one that is cut off',
      draw(200, 140, [
        [90, 70],
        [198, 70],
      ]),
      [],
    ],
    ['only a cell that is cut off', draw(140, 140, [[4, 70]]), ['CELL_CUT_OFF']],
    ['a cell as large as none in training', draw(180, 180, [[90, 90, 80]]), ['SCALE_OUT_OF_RANGE']],
  ])('is checked for %s', async (_what, picture, warnings) => {
    expect(contentOf((await prepare(picture)).qualityWarnings)).toEqual(warnings);
  });

  it('is checked against the usual scale in a crop of the picture, by the red cells', async () => {
    const crop: Preprocessing = { ...preprocessing, frame: undefined, trainedScale: undefined, crop: 0.75 };
    const usual = draw(116, 116, [[58, 58, 50]]);
    expect(contentOf((await prepare(usual, crop)).qualityWarnings)).toEqual([]);
    const loose = draw(232, 232, [[116, 116, 50]]);
    expect(contentOf((await prepare(loose, crop)).qualityWarnings)).toEqual(['SCALE_OUT_OF_RANGE']);
    // The version sees the inner 87 pixels. The cell is 28 pixels from their centre, then 20.
    const aside = draw(116, 116, [[30, 58, 50]]);
    expect(contentOf((await prepare(aside, crop)).qualityWarnings)).toEqual(['CELL_CUT_OFF']);
    const nearCentre = draw(116, 116, [[38, 58, 50]]);
    expect(contentOf((await prepare(nearCentre, crop)).qualityWarnings)).toEqual([]);
  });
});

it('prepares a given cell of a field as if it were alone', async () => {
  const picture = draw(240, 140, [
    [70, 70],
    [180, 70],
  ]);
  const { cells, scale } = findCells(picture.pixels, picture.width, picture.height);
  const right = cells.find(({ centre }) => centre.x > 120);
  if (!right) throw new Error('The cell was not found.');
  const { frame, qualityWarnings } = await prepareCell(
    picture,
    right,
    scale,
    preprocessing,
    resizerOf(picture),
  );
  expect(Math.abs(frame.left + frame.width / 2 - 180)).toBeLessThan(3);
  expect(contentOf(qualityWarnings)).toEqual([]);
});

describe('a scale that no red cell gives', () => {
  const picture = draw(140, 140, [[70, 70, 60]], 0);
  const place = { centre: { x: 70, y: 70 }, diameter: 60 };
  const crop: Preprocessing = { ...preprocessing, frame: undefined, trainedScale: undefined };
  it.each<[string, Preprocessing, string[]]>([
    ['withholds the answer of a version that sees a crop', crop, ['SCALE_NEEDED', 'SCALE_UNKNOWN']],
    ['is only stated where a version sees squares around cells', preprocessing, ['SCALE_UNKNOWN']],
  ])('%s, for an image and for a cell of a field', async (_what, settings, warnings) => {
    expect(contentOf((await prepare(picture, settings)).qualityWarnings)).toEqual(warnings);
    const cell = await prepareCell(picture, place, null, settings, resizerOf(picture));
    expect(contentOf(cell.qualityWarnings)).toEqual(warnings);
  });
});
