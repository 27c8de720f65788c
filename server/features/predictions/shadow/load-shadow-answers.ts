import { rowsByKey } from '../../../api/batched.js';
import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import type { ShadowAgreement } from './types.js';
import { wilsonInterval } from '../../models/wilson-interval.js';

export type ShadowAnswerRow = Prisma.ShadowAnswerGetPayload<object>;

/** The agreement of each version with the champions that it shadowed. Versions without shadow answers have no entry. */
export async function loadShadowAgreements(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, ShadowAgreement>> {
  const rows = await database.$queryRaw<
    { modelVersionId: string; answers: number; agreements: number; since: Date }[]
  >`
    SELECT "modelVersionId", count(*)::int AS answers, count(*) FILTER (WHERE agrees)::int AS agreements,
      min("createdAt") AS since
    FROM "ShadowAnswer" WHERE "modelVersionId" = ANY(${[...versionIds]}) GROUP BY "modelVersionId"`;
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
