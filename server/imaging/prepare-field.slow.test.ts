import sharp from 'sharp';
import { DrawnSmear } from '../pixels/testing.js';
import { prepareField } from './prepare-field.js';

const CELL = 64;
const preprocessing = {
  crop: 0.75,
  inputSize: 32,
  colour: { kind: 'none' as const },
  mean: [0, 0, 0] as [number, number, number],
  std: [1, 1, 1] as [number, number, number],
};

test('a given place without a cell has the warning NO_CELL, and a given cell has not', async () => {
  const centres = [
    { x: 120, y: 120 },
    { x: 330, y: 110 },
  ];
  const [width, height] = [480, 240];
  const smear = new DrawnSmear(width, height).redCells(36, (x, y) =>
    centres.every((centre) => Math.hypot(x - centre.x, y - centre.y) > CELL),
  );
  smear.whiteCell(120, 120, CELL);
  const bytes = await sharp(smear.pixels(), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const given = centres.map((centre) => ({
    centre,
    diameter: CELL,
    region: { left: centre.x - CELL / 2, top: centre.y - CELL / 2, width: CELL, height: CELL },
  }));
  const { cells } = await prepareField(bytes, preprocessing, { cells: given, scale: null });
  expect(cells.map(({ image }) => image.qualityWarnings.includes('NO_CELL'))).toEqual([false, true]);
});

test('a given place has the warning CELL_CUT_OFF if the border cuts the cell off, or the place is at the edge of a cell', async () => {
  const [width, height] = [480, 240];
  const cells = [
    { x: 120, y: 120 },
    { x: width - CELL / 4, y: 110 },
  ];
  const smear = new DrawnSmear(width, height).redCells(36, (x, y) =>
    cells.every((cell) => Math.hypot(x - cell.x, y - cell.y) > CELL),
  );
  for (const { x, y } of cells) smear.whiteCell(x, y, CELL);
  const bytes = await sharp(smear.pixels(), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const given = [
    { x: 120, y: 120 },
    { x: 120 + 0.45 * CELL, y: 120 },
    { x: width - CELL / 4, y: 110 },
  ].map((centre) => ({
    centre,
    diameter: CELL,
    region: { left: centre.x - CELL / 2, top: centre.y - CELL / 2, width: CELL, height: CELL },
  }));
  const tight = {
    ...preprocessing,
    frame: { kind: 'cell' as const, micrometres: 12, diameters: 1.5 },
    crop: 1,
  };
  const prepared = await prepareField(bytes, tight, { cells: given, scale: null });
  expect(prepared.cells.map(({ image }) => image.qualityWarnings.includes('CELL_CUT_OFF'))).toEqual([
    false,
    true,
    true,
  ]);
});
