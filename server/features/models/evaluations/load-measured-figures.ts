import { z } from 'zod';
import { Interval } from '../../../artifact/classification-metrics.js';
import type { Database } from '../../../database/client.js';
import { loadReportedMetrics } from '../load-models.js';

const MeasuredFigures = z.object({ sensitivity: Interval.nullable(), specificity: Interval.nullable() });
/** How often the version is right about cells with the positive label, and about the others. */
export type MeasuredFigures = z.infer<typeof MeasuredFigures>;

/**
 * The figures of each version by its newest evaluation that has a specificity, or else by its manifest: on the test split, if it has one.
 * A fit without an evaluation has none, because its manifest has the figures of its base.
 */
export async function loadMeasuredFigures(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, MeasuredFigures>> {
  const evaluated = await database.$queryRaw<{ modelVersionId: string; metrics: unknown }[]>`
    SELECT DISTINCT ON ("modelVersionId") "modelVersionId",
      json_build_object('sensitivity', metrics->'sensitivity', 'specificity', metrics->'specificity') AS metrics
    FROM "Evaluation"
    WHERE "modelVersionId" = ANY(${[...versionIds]}::text[]) AND status = 'SUCCEEDED' AND metrics->'specificity' <> 'null'
    ORDER BY "modelVersionId", "createdAt" DESC, id DESC`;
  const reported = await loadReportedMetrics(database, versionIds);
  return new Map([
    ...[...reported].flatMap(([id, metrics]) => {
      const newest = metrics.at(-1);
      return newest ? [[id, newest] as const] : [];
    }),
    ...evaluated.map(
      ({ modelVersionId, metrics }) => [modelVersionId, MeasuredFigures.parse(metrics)] as const,
    ),
  ]);
}
