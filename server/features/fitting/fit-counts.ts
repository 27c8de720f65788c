import { z } from 'zod';
import { FitExclusionReason } from './exclusion-reason.js';

/** The cells of a fit, as its row records them. */
export const FitCounts = z.strictObject({
  cellCount: z.int(),
  positiveCount: z.int(),
  negativeCount: z.int(),
  patientCount: z.int().nullable(),
  withoutPatientCount: z.int(),
  relabelledCount: z.int(),
  excluded: z.array(z.strictObject({ reason: z.enum(FitExclusionReason), count: z.int() })),
});
export type FitCounts = z.infer<typeof FitCounts>;
