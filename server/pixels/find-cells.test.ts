import { randomFrom } from '../imaging/seeded-random.js';
import { type FoundCells, findCells } from './find-cells.js';
import { CYTOPLASM, DrawnSmear, NUCLEUS, PLATELET } from './testing.js';

/** Diameter of the drawn red cells, in pixels. */
const RED = 40;

function find(smear: DrawnSmear, change?: (value: number, channel: number) => number): FoundCells {
  return findCells(smear.pixels(change), smear.width, smear.height);
}

const awayFrom =
  (...cells: [x: number, y: number, radius: number][]) =>
  (x: number, y: number) =>
    cells.every(([cellX, cellY, radius]) => Math.hypot(x - cellX, y - cellY) > radius + RED / 2 + 4);

/** A blast of 64 pixels in the middle, its nucleus 40, among red cells. */
function oneCell(slide?: [number, number, number]): DrawnSmear {
  return new DrawnSmear(224, 224, slide).redCells(RED, awayFrom([112, 112, 34])).whiteCell(112, 112, 64, 40);
}

describe('a cell among red cells', () => {
  const { cells, scale } = find(oneCell());
  const [cell] = cells;

  it('is found once, whole', () => {
    expect(cells).toHaveLength(1);
    expect(cell?.isCutOff).toBe(false);
  });

  it('has the box, centre and diameter of the whole cell with its cytoplasm', () => {
    expect(cell?.centre.x).toBeCloseTo(112, -1);
    expect(Math.hypot((cell?.centre.x ?? 0) - 112, (cell?.centre.y ?? 0) - 112)).toBeLessThan(3);
    expect(Math.abs((cell?.diameter ?? 0) - 64)).toBeLessThan(5);
    expect(Math.abs((cell?.box.left ?? 0) - 80)).toBeLessThan(5);
    expect(Math.abs((cell?.box.width ?? 0) - 64)).toBeLessThan(7);
    expect(Math.abs((cell?.box.height ?? 0) - 64)).toBeLessThan(7);
  });

  it('has the mask of its nucleus', () => {
    const { values, pixelSize, left, columns, rows } = cell?.nucleus ?? {
      values: [],
      pixelSize: 0,
      left: 0,
      columns: 0,
      rows: 0,
    };
    expect(values).toHaveLength(columns * rows);
    const area = [...values].reduce((sum, value) => sum + value, 0) * pixelSize ** 2;
    expect(area / ((Math.PI / 4) * 40 ** 2)).toBeGreaterThan(0.85);
    expect(area / ((Math.PI / 4) * 40 ** 2)).toBeLessThan(1.15);
    expect(Math.abs(left - 92)).toBeLessThan(5);
  });

  it('is measured by the red cells', () => {
    expect(Math.abs((scale?.redCellDiameter ?? 0) - RED)).toBeLessThan(3);
    expect(scale?.redCells).toBeGreaterThanOrEqual(5);
    expect(scale?.uncertainty).toBeLessThan(0.1 * RED);
    expect(scale?.uncertainty).toBeGreaterThan(0);
  });

  it.each<[string, (value: number, channel: number) => number]>([
    ['a warm lamp', (value, channel) => value * ([1, 0.9, 0.7][channel] ?? 1)],
    ['a cold lamp', (value, channel) => value * ([0.75, 0.9, 1][channel] ?? 1)],
    ['little light', (value) => value * 0.6],
    ['a steep gamma', (value) => 255 * (value / 255) ** 1.4],
    ['a flat gamma', (value) => 255 * (value / 255) ** 0.7],
  ])('is found under %s', (_, change) => {
    const found = find(oneCell(), change);
    expect(found.cells).toHaveLength(1);
    expect(Math.abs((found.scale?.redCellDiameter ?? 0) - RED)).toBeLessThan(4);
  });

  it.each([0.5, 0.7, 1.8])('is found at %s times the size, with the scale', (size) => {
    const side = Math.round(224 * size);
    const free = (x: number, y: number) => Math.hypot(x / size - 112, y / size - 112) > 34 + RED / 2 + 4;
    const found = find(
      new DrawnSmear(side, side).redCells(RED * size, free).whiteCell(112 * size, 112 * size, 64 * size),
    );
    expect(found.cells).toHaveLength(1);
    expect(found.cells[0]?.isCutOff).toBe(false);
    expect(Math.abs((found.scale?.redCellDiameter ?? 0) / (RED * size) - 1)).toBeLessThan(0.1);
  });

  it('is found in a frame four times as wide', () => {
    const found = find(
      new DrawnSmear(160, 160).redCells(10, (x, y) => Math.hypot(x - 80, y - 80) > 16).whiteCell(80, 80, 17),
    );
    expect(found.cells).toHaveLength(1);
    expect(Math.abs((found.scale?.redCellDiameter ?? 0) - 10)).toBeLessThan(2);
  });
});

it('finds a cell without red cells, and then the scale is unknown', () => {
  const { cells, scale } = find(new DrawnSmear(224, 224).whiteCell(112, 112, 70));
  expect(cells).toHaveLength(1);
  expect(scale).toBeNull();
});

it('does not take specks for red cells', () => {
  const smear = new DrawnSmear(224, 224).whiteCell(112, 112, 70);
  for (let at = 0; at < 30; at++) smear.redCell(12 + ((at * 37) % 200), at % 2 === 0 ? 20 : 205, 9);
  expect(find(smear).scale).toBeNull();
});

it('joins the lobes of a nucleus', () => {
  const smear = new DrawnSmear(224, 224)
    .redCells(RED, awayFrom([112, 112, 36]))
    .disc(112, 112, 68, CYTOPLASM);
  for (const [x, y] of [
    [96, 100],
    [128, 100],
    [112, 129],
  ] as const) {
    smear.disc(x, y, 22, NUCLEUS, CYTOPLASM);
  }
  const { cells } = find(smear);
  expect(cells).toHaveLength(1);
  expect(Math.abs((cells[0]?.diameter ?? 0) - 68)).toBeLessThan(8);
});

it('separates cells whose nuclei touch', () => {
  const free = awayFrom([77, 112, 36], [147, 112, 36]);
  const smear = new DrawnSmear(224, 224).redCells(RED, free);
  for (const x of [77, 147]) smear.disc(x, 112, 70, NUCLEUS);
  const { cells } = find(smear);
  expect(cells).toHaveLength(2);
});

it('says that a cell is cut off by the border', () => {
  const free = awayFrom([10, 112, 32], [140, 112, 32]);
  const { cells } = find(
    new DrawnSmear(224, 224).redCells(RED, free).whiteCell(10, 112, 60).whiteCell(140, 112, 60),
  );
  expect(cells.map(({ isCutOff, centre }) => [centre.x < 60, isCutOff]).sort()).toEqual([
    [false, false],
    [true, true],
  ]);
});

it('finds every cell of a field', () => {
  const smear = new DrawnSmear(540, 270);
  const places = Array.from(
    { length: 18 },
    (_, cell) => [45 + 90 * (cell % 6), 45 + 90 * Math.floor(cell / 6)] as const,
  );
  smear.redCells(24, (x, y) => places.every(([cellX, cellY]) => Math.hypot(x - cellX, y - cellY) > 36));
  for (const [index, [x, y]] of places.entries()) smear.whiteCell(x, y, 30 + (index % 4) * 4);
  const { cells } = find(smear);
  const missed = places.filter(
    ([x, y]) => !cells.some(({ centre }) => Math.hypot(centre.x - x, centre.y - y) < 5),
  );
  expect(missed).toEqual([]);
  expect(cells).toHaveLength(18);
});

it('finds the cells of a field without red cells, and then the scale is unknown', () => {
  const smear = new DrawnSmear(280, 190);
  for (let cell = 0; cell < 6; cell++) {
    smear.whiteCell(50 + 90 * (cell % 3), 50 + 90 * Math.floor(cell / 3), 30, 23);
  }
  // Another one that touches the first.
  smear.whiteCell(50, 80, 30, 23);
  const { cells, scale } = find(smear);
  expect(cells).toHaveLength(7);
  expect(scale).toBeNull();
});

describe('a picture without a white cell', () => {
  it('has none where there are only red cells and large platelets, and has a scale', () => {
    const smear = new DrawnSmear(300, 240).redCells(
      RED,
      (x, y) => (Math.round(x / 60) + Math.round(y / 60)) % 3 > 0,
    );
    for (const [x, y] of [
      [60, 90],
      [200, 150],
      [260, 60],
      [150, 210],
    ] as const)
      smear.disc(x, y, 20, PLATELET);
    const { cells, scale } = find(smear);
    expect(cells).toEqual([]);
    expect(Math.abs((scale?.redCellDiameter ?? 0) - RED)).toBeLessThan(4);
  });

  const random = randomFrom('noise');
  const grey = (level: () => number) => Uint8Array.from({ length: 200 * 200 }, level);
  const counters = new DrawnSmear(200, 160);
  for (let column = 40; column < 200; column += 60) {
    counters.disc(column, 40, 40, NUCLEUS).disc(column, 110, 40, [1, 0.1, 0.7]);
  }
  const specks = new DrawnSmear(290, 290);
  for (let speck = 0; speck < 12; speck++) {
    specks.disc(15 + 20 * speck, 20 + ((speck * 97) % 240), 8, NUCLEUS);
  }
  it.each<[string, Uint8Array, number, number]>([
    ['purple and green counters', counters.pixels(), 200, 160],
    ['specks of precipitate', specks.pixels(), 290, 290],
    ['words in print', printed(200, 200), 200, 200],
    ['a blank slide', new DrawnSmear(200, 200).pixels(), 200, 200],
    ['a black picture', new Uint8Array(200 * 200 * 3), 200, 200],
    ['a white picture', new Uint8Array(200 * 200 * 3).fill(255), 200, 200],
    ['coloured noise', Uint8Array.from({ length: 200 * 200 * 3 }, () => random.below(256)), 200, 200],
    [
      'grey noise',
      Uint8Array.from([...grey(() => random.below(256))].flatMap((value) => [value, value, value])),
      200,
      200,
    ],
    ['a picture of one pixel', Uint8Array.of(90, 40, 130), 1, 1],
    ['a line of pixels', Uint8Array.from({ length: 3000 * 2 * 3 }, () => random.below(256)), 3000, 2],
  ])('has none, and no scale: %s', (_, pixels, width, height) => {
    expect(findCells(pixels, width, height)).toEqual({ cells: [], scale: null });
  });
});

/** Blocks of dark blue strokes, two pixels wide and two apart, that look like dark discs when they are made smaller. */
function printed(width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (Math.hypot(column - 100, row - 100) < 30 && column % 4 < 2) {
        pixels.set([10, 10, 110], 3 * (row * width + column));
      }
    }
  }
  return pixels;
}

it('ends for a picture with something brighter than the slide in red and blue', () => {
  const pixels = new Uint8Array(120 * 120 * 3).fill(150);
  for (let at = 120 * 40 * 3; at < 120 * 80 * 3; at += 3) pixels.set([200, 115, 255], at);
  expect(findCells(pixels, 120, 120).scale).toBeNull();
});

it('refuses pixels that do not match the size', () => {
  expect(() => findCells(new Uint8Array(10), 2, 2)).toThrow(/2 × 2 has 12 values of RGB, not 10/);
});
