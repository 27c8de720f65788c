import { z } from 'zod';
import { jsonSetting } from './json-setting.js';

const NO_FRACTION = 'is not a number from 0 to 1';
const fraction = z.number({ error: NO_FRACTION }).min(0, NO_FRACTION).max(1, NO_FRACTION);

const KEYS =
  'evaluation, aucMargin, minSensitivity, minSpecificity, minCoverage, maxExpectedCalibrationError, approval';

/**
 * The requirements for a version to become the champion. The default minimums are lower limits for a usable model, not targets: a
 * version that guesses reaches sensitivity + specificity = 1 at any threshold, so it cannot reach both. See
 * docs/decisions/0033-gates-without-a-side-door.md.
 */
export const PromotionPolicy = z.strictObject(
  {
    /**
     * `required`: an evaluation on this server, on a snapshot that shares no image and no patient with the training snapshot.
     * `reported`: without such an evaluation, the metrics of the test split in the version's manifest count, unless the
     * version was trained elsewhere: then nobody here can verify them.
     */
    evaluation: z
      .enum(['required', 'reported'], { error: 'is neither "required" nor "reported"' })
      .default('required'),
    /** How far the lower bound of the AUC may be below that of the champion, on the same snapshot. */
    aucMargin: fraction.default(0.02),
    /** Minimum of the lower bound of the sensitivity; null: no minimum. */
    minSensitivity: fraction.nullable().default(0.8),
    /** Minimum of the lower bound of the specificity; null: no minimum. */
    minSpecificity: fraction.nullable().default(0.7),
    /** Minimum share of images that the version does not withhold (1 − abstention rate); null: no minimum. */
    minCoverage: fraction.nullable().default(0.5),
    /** Maximum of the expected calibration error; null: no maximum. */
    maxExpectedCalibrationError: fraction.nullable().default(null),
    /** `second-person`: another user than the one who promotes must have approved the version. */
    approval: z
      .enum(['none', 'second-person'], { error: 'is neither "none" nor "second-person"' })
      .default('none'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has no key ${issue.keys.map((key: string) => `"${key}"`).join(', ')}: there are ${KEYS}`
        : 'is not a JSON object, such as {"approval":"second-person"}',
  },
);
export type PromotionPolicy = z.infer<typeof PromotionPolicy>;

/** The policy as a setting: JSON text. */
export const promotionPolicySetting = jsonSetting(PromotionPolicy);
