import { z } from 'zod';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/**
 * How image bytes become model input. It is data in a version's manifest and `server/imaging` alone executes it, for
 * training and serving alike, so the two cannot drift apart.
 *
 * - `crop`: the network sees this part of the image's width and height, about the centre, where the cell is; without it,
 *   all. Neighbours and the red cells around differ more between laboratories than the cell does.
 * - `inputSize`: what it sees is resized to `inputSize × inputSize` pixels; its aspect ratio is not kept.
 * - `colour`: `white-balance` scales each channel, on its own, so that its `percentile` (0–100) becomes `target`
 *   (0–255). In a stained smear the brightest pixels are the empty slide, which is white whatever lamp, camera and
 *   scanner saw it: what is left after the scaling is the stain and not the microscope.
 * - `mean`, `std`: red, green, blue, of pixels as fractions 0–1: `input = (pixel / 255 − mean) / std`.
 */
export const Preprocessing = z.strictObject({
  crop: z.number().gt(0).max(1).optional(),
  inputSize: z.int().min(16).max(1024),
  colour: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('white-balance'),
      percentile: z.number().gt(0).max(100),
      target: z.number().gt(0).max(255),
    }),
  ]),
  mean: triple,
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
});
export type Preprocessing = z.infer<typeof Preprocessing>;
