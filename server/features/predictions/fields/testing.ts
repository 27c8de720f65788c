import sharp from 'sharp';
import { DrawnSmear } from '../../../pixels/testing.js';
import type { ClassifyContext } from '../answer-request.js';
import { classifyField } from './classify-field.js';
import type { FieldRow } from './load-fields.js';

/** Classifies a field whose bytes are already in memory, with the default model. */
export function classifyFieldBytes(
  context: ClassifyContext,
  { bytes, ...request }: { bytes: Uint8Array; fileName: string | null; caseReference: string | null },
): Promise<FieldRow> {
  return classifyField(context, {
    ...{ modelName: null, modelVersionId: null, caseReference: request.caseReference },
    readImage: () => Promise.resolve({ bytes, fileName: request.fileName }),
  });
}

/** Diameters in the drawn fields, in pixels. */
export const WHITE_CELL = 64;
const RED_CELL = 36;

/**
 * A PNG of a drawn field of 640 × 480 pixels: red cells, white cells at these points, and one white cell that the right border cuts
 * off.
 */
export function drawField(
  cells: readonly (readonly [x: number, y: number])[],
  slide?: [number, number, number],
): Promise<Buffer> {
  const [width, height] = [640, 480];
  const all = [...cells, [width - 8, 240] as const];
  const smear = new DrawnSmear(width, height, slide);
  smear.redCells(RED_CELL, (x, y) => all.every(([cx, cy]) => Math.hypot(x - cx, y - cy) > WHITE_CELL));
  for (const [x, y] of all) smear.whiteCell(x, y, WHITE_CELL);
  return sharp(smear.pixels(), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A PNG of red cells only. */
export function drawRedCells(slide?: [number, number, number]): Promise<Buffer> {
  const smear = new DrawnSmear(640, 480, slide).redCells(RED_CELL, () => true);
  return sharp(smear.pixels(), { raw: { width: 640, height: 480, channels: 3 } })
    .png()
    .toBuffer();
}
