import { z } from 'zod';

const NO_FRACTION = 'is not a number from 0 to 1';
const fraction = z.number({ error: NO_FRACTION }).min(0, NO_FRACTION).max(1, NO_FRACTION);

const KEYS = 'evaluation, aucMargin, minSensitivity, maxExpectedCalibrationError, approval';

/** What a version must show before it may become the champion; what is not given is lenient enough for a first server. */
export const PromotionPolicy = z.strictObject(
  {
    /**
     * `required`: only an evaluation on this server counts, on a snapshot that shares no image and no patient with what the
     * version was trained on. `reported`: where there is none, what the version's manifest says of its own test split, unless
     * it was trained elsewhere: then nobody here has seen that.
     */
    evaluation: z
      .enum(['required', 'reported'], { error: 'is neither "required" nor "reported"' })
      .default('reported'),
    /** By how much AUC's lower bound may be below the champion's, on the same snapshot. */
    aucMargin: fraction.default(0.02),
    /** What sensitivity's lower bound must reach; null: anything. */
    minSensitivity: fraction.nullable().default(null),
    /** What the expected calibration error may be; null: anything. */
    maxExpectedCalibrationError: fraction.nullable().default(null),
    /** `second-person`: somebody else than the one who promotes must have approved it. */
    approval: z
      .enum(['none', 'second-person'], { error: 'is neither "none" nor "second-person"' })
      .default('none'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has no key ${issue.keys.map((key: string) => `"${key}"`).join(', ')}: there are ${KEYS}`
        : 'is not a JSON object, such as {"evaluation":"required"}',
  },
);
export type PromotionPolicy = z.infer<typeof PromotionPolicy>;

/** The policy as a setting: JSON text. */
export const promotionPolicySetting = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message: `is not JSON (${reason})` });
      return z.NEVER;
    }
  })
  .pipe(PromotionPolicy);
