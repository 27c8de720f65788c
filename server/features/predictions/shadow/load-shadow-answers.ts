import { rowsByKey } from '../../../api/batched.js';
import type { Database } from '../../../database/client.js';
import { isOfVisibleSites } from '../../../api/visible-sites-sql.js';
import type { SiteLimits } from '../../../api/visible-sites.js';
import { Prisma } from '../../../database/generated/client.js';
import type { ShadowAgreement } from './types.js';
import { wilsonInterval } from '../../../artifact/wilson-interval.js';

export type ShadowAnswerRow = Prisma.ShadowAnswerGetPayload<object>;

/** The SQL condition that a row of "ShadowAnswer" is about a prediction of a site that the user sees. */
export function isShadowOfVisibleSites(limits: SiteLimits): Prisma.Sql {
  if (limits.seesAllSites) return Prisma.sql`TRUE`;
  return Prisma.sql`EXISTS (SELECT FROM "Prediction" p
    WHERE p.id = "ShadowAnswer"."predictionId" AND ${isOfVisibleSites(limits, Prisma.sql`p."siteId"`)})`;
}

/** The agreement of each version, at the sites that the user sees, with the champions that it shadowed. Versions without shadow answers have no entry. */
export async function loadShadowAgreements(
  database: Database,
  versionIds: readonly string[],
  limits: SiteLimits,
): Promise<Map<string, ShadowAgreement>> {
  const rows = await database.$queryRaw<
    { modelVersionId: string; answers: number; agreements: number; since: Date }[]
  >`
    SELECT "modelVersionId", count(*)::int AS answers, count(*) FILTER (WHERE agrees)::int AS agreements,
      min("createdAt") AS since
    FROM "ShadowAnswer" WHERE "modelVersionId" = ANY(${[...versionIds]}) AND ${isShadowOfVisibleSites(limits)}
    GROUP BY "modelVersionId"`;
  return new Map(
    rows.map(({ modelVersionId, answers, agreements, since }) => [
      modelVersionId,
      {
        answers,
        agreements,
        rate: agreements / answers,
        interval: wilsonInterval(agreements, answers),
        since,
      },
    ]),
  );
}

/** The challengers' answers for the image of each prediction, oldest first. */
export async function loadShadowAnswersOfPredictions(
  database: Database,
  predictionIds: readonly string[],
): Promise<Map<string, ShadowAnswerRow[]>> {
  const rows = await database.shadowAnswer.findMany({
    where: { predictionId: { in: [...predictionIds] } },
    orderBy: [{ createdAt: 'asc' }, { modelVersionId: 'asc' }],
  });
  return rowsByKey(rows, ({ predictionId }) => predictionId);
}
