import sharp from 'sharp';
import { drawDemoCells } from '../imaging/demo-cells.js';
import { hasSeam } from './seam.js';

const SIDE = 240;
const SIZE = { width: SIDE, height: SIDE };
const ROW = 3 * SIDE;

async function drawnCells(): Promise<Buffer[]> {
  const cells: Buffer[] = [];
  for await (const { bytes } of drawDemoCells({ count: 8, seed: 5, size: SIDE })) {
    cells.push(await sharp(bytes).raw().toBuffer());
  }
  return cells;
}

it('finds no seam in good pictures, upright or rotated', async () => {
  for (const pixels of await drawnCells()) {
    expect(hasSeam(pixels, SIZE, 3, true)).toBe(false);
    const turned = await sharp(pixels, { raw: { ...SIZE, channels: 3 } })
      .rotate(90)
      .raw()
      .toBuffer();
    expect(hasSeam(turned, SIZE, 3, false)).toBe(false);
  }
});

it('finds a seam where parts of the picture were swapped', async () => {
  for (const pixels of await drawnCells()) {
    const exchanged = Buffer.from(pixels);
    pixels.copy(exchanged, 20 * ROW + 90, 110 * ROW, 118 * ROW);
    pixels.copy(exchanged, 110 * ROW, 20 * ROW + 90, 28 * ROW + 90);
    expect(hasSeam(exchanged, SIZE, 3, false)).toBe(true);
  }
});

it('finds a seam where all blocks of a JPEG after a certain block are brighter or darker', async () => {
  for (const pixels of await drawnCells()) {
    for (const shift of [30, -30]) {
      const shifted = pixels.map((value, index) =>
        index < 120 * ROW ? value : Math.min(255, Math.max(0, value + shift)),
      );
      expect(hasSeam(shifted, SIZE, 3, true)).toBe(true);
    }
  }
});
