import { z } from 'zod';
import { ReviewOrigin } from '../../database/generated/enums.js';

/** The `source` of snapshots of reviewed predictions, where others have an address. */
export const REVIEWS = 'reviews';

/** Which reviewed predictions a snapshot has, as stored with it. */
export const ReviewFilter = z.object({
  /** Only predictions of this version; null: of all versions. */
  modelVersionId: z.string().nullable(),
  /** Only predictions of this site; null: of all sites that `visibleSites` allows. */
  siteId: z.string().nullable(),
  /** Only reviews from this time on, by the database's clock; null: from the first one. */
  from: z.iso.datetime().nullable(),
  /** Only reviews before this time; null: until the snapshot is made. */
  to: z.iso.datetime().nullable(),
  /** How the cell was chosen for its review. */
  origins: z.array(z.enum(ReviewOrigin)),
  /** A snapshot of folders whose items the new one has too; null: none. */
  baseSnapshotId: z.string().nullable().default(null),
  /** The sites that the user who requested the snapshot sees; null: all, and predictions without a site. */
  visibleSites: z.array(z.string()).nullable(),
});
export type ReviewFilter = z.infer<typeof ReviewFilter>;

/** The origins whose cells were chosen without regard to the prediction. */
export const UNBIASED_ORIGINS: readonly ReviewOrigin[] = ['RANDOM_SAMPLE', 'WHOLE_SET'];
