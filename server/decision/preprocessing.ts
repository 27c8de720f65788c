import { z } from 'zod';
import type { Preprocessing as Settings } from '../pixels/preprocessing.js';

const triple = z.tuple([z.number(), z.number(), z.number()]);

const width = z.number().min(5).max(1000);
const share = z.number().gt(0).max(10);
const sizeRange = z
  .tuple([share, share])
  .refine(([low, high]) => low < high, { error: 'is not a range: its first number must be the lower' });

/** Checks the preprocessing in a manifest. */
export const Preprocessing = z.strictObject({
  crop: z.number().gt(0).max(1).optional(),
  frame: z
    .strictObject({
      kind: z.literal('cell'),
      micrometres: z.number().min(5).max(200),
      diameters: z.number().min(0.5).max(10),
      usualPicture: z
        .strictObject({ micrometres: width, narrowest: width, widest: width })
        .refine(({ micrometres, narrowest, widest }) => narrowest <= micrometres && micrometres <= widest, {
          error: 'must have its usual width between the narrowest and the widest',
        })
        .optional(),
    })
    .optional(),
  trainedScale: z.strictObject({ redCell: sizeRange, cell: sizeRange }).optional(),
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
}) satisfies z.ZodType<Settings>;
export type Preprocessing = Settings;
