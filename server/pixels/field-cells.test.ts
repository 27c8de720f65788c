import { cellAt, chooseFieldCells, MOST_CELLS, MOST_LEFT_OUT } from './field-cells.js';
import type { FoundCell } from './find-cells.js';
import { partOf } from './part-of.js';

const PICTURE = { width: 4000, height: 3000 };

function circle(x: number, y: number, radius: number): Float64Array {
  const points = Array.from({ length: 32 }, (_, ray) => (ray / 16) * Math.PI);
  return Float64Array.from(
    points.flatMap((angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]),
  );
}

function cellOf(x: number, y: number, { diameter = 40, isCutOff = false } = {}): FoundCell {
  return {
    box: { left: x - diameter / 2, top: y - diameter / 2, width: diameter, height: diameter },
    centre: { x, y },
    ...{ diameter, isCutOff, outline: circle(x, y, diameter / 2) },
    nucleus: { left: x, top: y, pixelSize: 1, columns: 1, rows: 1, values: new Uint8Array(1) },
  };
}

const centresOf = ({ cells }: ReturnType<typeof chooseFieldCells>) =>
  cells.map(({ centre }) => [centre.x, centre.y]);

test('cells are in reading order, even if a row is not straight', () => {
  const found = [cellOf(300, 95), cellOf(100, 110), cellOf(200, 100), cellOf(90, 200), cellOf(310, 190)];
  expect(centresOf(chooseFieldCells(found, PICTURE))).toEqual([
    [100, 110],
    [200, 100],
    [300, 95],
    [90, 200],
    [310, 190],
  ]);
});

test('cut-off and small cells are left out, with the reason', () => {
  const found = [cellOf(5, 50, { isCutOff: true }), cellOf(100, 50, { diameter: 12 }), cellOf(200, 50)];
  const { cells, leftOut } = chooseFieldCells(found, PICTURE);
  expect(cells.map(({ region }) => region)).toEqual([{ left: 180, top: 30, width: 40, height: 40 }]);
  expect(leftOut.map(({ reason }) => reason)).toEqual(['CUT_OFF', 'TOO_SMALL']);
  expect(leftOut[0]?.region).toEqual({ left: 0, top: 30, width: 25, height: 40 });
});

test('a part of a larger cell is not counted as a cell', () => {
  const found = [cellOf(110, 100, { diameter: 24 }), cellOf(100, 100, { diameter: 80 }), cellOf(250, 100)];
  const { cells, leftOut } = chooseFieldCells(found, PICTURE);
  expect(cells.map(({ centre }) => centre.x)).toEqual([100, 250]);
  expect(leftOut).toEqual([]);
});

test('of too many cells the first are classified, regardless of their size', () => {
  const found = Array.from({ length: 2000 }, (_, index) =>
    cellOf(50 + 50 * (index % 50), 50 + 50 * Math.floor(index / 50), { diameter: 20 + (index % 7) }),
  );
  const { cells, leftOut } = chooseFieldCells([...found].reverse(), PICTURE);
  expect(cells.map(({ centre }) => centre)).toEqual(found.slice(0, MOST_CELLS).map(({ centre }) => centre));
  expect(leftOut).toHaveLength(MOST_LEFT_OUT);
  expect(new Set(leftOut.map(({ reason }) => reason))).toEqual(new Set(['TOO_MANY']));
});

test('an added cell is as large as the others, else as the red cells say, and stays in the picture', () => {
  const others = [40, 60, 50].map((width) => ({ left: 0, top: 0, width, height: width }));
  const at = (point: { x: number; y: number }, ...rest: [typeof others, Parameters<typeof cellAt>[2]]) =>
    cellAt(point, ...rest, PICTURE);
  expect(at({ x: 500, y: 400 }, others, null).region).toEqual({ left: 475, top: 375, width: 50, height: 50 });
  const scale = { redCellDiameter: 20, uncertainty: 1, redCells: 9 };
  expect(at({ x: 500, y: 400 }, [], scale).diameter).toBeCloseTo(42.5, 0);
  expect(at({ x: 500, y: 400 }, [], { ...scale, uncertainty: 4 })).toEqual(at({ x: 500, y: 400 }, [], null));
  expect(at({ x: 10, y: 2995 }, others, null).region).toEqual({ left: 0, top: 2970, width: 35, height: 30 });
});

test('a part of a picture is a copy of its rows', () => {
  const pixels = Uint8Array.from({ length: 3 * 2 * 3 }, (_, index) => Math.floor(index / 3));
  const picture = { width: 3, height: 2, pixels };
  const reds = (part: Uint8Array) => [...part].filter((_, index) => index % 3 === 0);
  expect(reds(partOf(picture, { left: 1, top: 0, width: 2, height: 2 }))).toEqual([1, 2, 4, 5]);
  expect(() => partOf(picture, { left: 2, top: 0, width: 2, height: 2 })).toThrow(RangeError);
  expect(() => partOf(picture, { left: 0, top: -1, width: 2, height: 2 })).toThrow(RangeError);
});
