import { isOfVisibleSites } from '../../api/visible-sites-sql.js';
import type { SiteLimits } from '../../api/visible-sites.js';
import { Prisma } from '../../database/generated/client.js';

export interface Window {
  /** All versions of the model, with their classes. */
  versions: { id: string; classes: string[]; positiveLabel: string }[];
  from: Date;
  to: Date;
  /** The sites that the user sees. */
  limits: SiteLimits;
}

/** A window of one model. */
export interface ModelWindow extends Window {
  modelId: string;
}

/**
 * The SQL condition that a row p of "Prediction" is in the window. It constrains every leading column of the index
 * "Prediction_by_time", or of "Prediction_site_by_time", so that Postgres reads only rows of this time, or of this time and these versions.
 */
export function isAnsweredIn({ versions, from, to, limits }: Window): Prisma.Sql {
  const labels = [...new Set(versions.flatMap(({ classes }) => classes))];
  return Prisma.sql`p."modelVersionId" = ANY(${versions.map(({ id }) => id)}) AND p.label = ANY(${labels})
    AND p.outcome = ANY(enum_range(NULL::"PredictionOutcome")) AND p.reviewed = ANY('{false,true}'::boolean[])
    AND p."createdAt" >= ${from} AND p."createdAt" < ${to}
    AND ${isOfVisibleSites(limits, Prisma.sql`p."siteId"`)}`;
}
