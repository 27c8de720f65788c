import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { badUserInput, notFound } from '../../api/errors.js';
import { isShadowOfVisibleSites } from '../predictions/shadow/load-shadow-answers.js';
import type { Database } from '../../database/client.js';
import { findModelByName } from '../models/list-models.js';
import { isAnsweredIn, type Window } from './answered.js';
import type { MonitoringWindow } from './types.js';

/** A window, with the data that its drift features are computed from. */
export interface MonitoredWindow extends MonitoringWindow {
  modelId: string;
  versions: Window['versions'];
  limits: Window['limits'];
}

/** The figures of a model in a time window. Throws NOT_FOUND if there is no such model, or BAD_USER_INPUT if `from` is not before `to`. */
export async function monitorModel(
  context: RequestContext,
  modelName: string,
  from: Date,
  to: Date,
): Promise<MonitoredWindow> {
  const viewer = authorise(context, 'read predictions');
  if (from >= to) throw badUserInput("'from' must be before 'to'.");
  const model = await findModelByName(context, modelName);
  if (!model) throw notFound(`There is no model '${modelName}'.`);
  const versions = await context.database.modelVersion.findMany({
    where: { modelId: model.id },
    select: { id: true, classes: true, positiveLabel: true },
  });
  const window = { versions, from, to, limits: viewer };
  return { ...window, modelId: model.id, ...ratesOf(await countIn(context.database, window)) };
}

interface Counts {
  predictions: number;
  classified: number;
  positive: number;
  outOfDistribution: number;
  reviewed: number;
  labelled: number;
  agreed: number;
  shadowed: number;
  shadowAgreed: number;
  /** The 50 % and 95 % quantiles of `totalMs`; null if there are no predictions. */
  times: number[] | null;
}

async function countIn(database: Database, window: Window): Promise<Counts> {
  const { versions, from, to, limits } = window;
  const ids = versions.map(({ id }) => id);
  const [counts] = await database.$queryRaw<Counts[]>`
    WITH version AS (
      SELECT * FROM unnest(${ids}::text[], ${versions.map(({ positiveLabel }) => positiveLabel)}::text[]) AS v (id, "positiveLabel")
    ), answered AS (
      SELECT p.id, p."modelVersionId", p.label, p.outcome, p.reviewed, p."totalMs"
      FROM "Prediction" p WHERE ${isAnsweredIn(window)}
    ), review AS (
      SELECT newest."agreesWithModel" FROM answered CROSS JOIN LATERAL (
        SELECT verdict, "agreesWithModel" FROM "Review" WHERE "predictionId" = answered.id AND "withdrawnAt" IS NULL
        ORDER BY "createdAt" DESC, id DESC LIMIT 1
      ) newest WHERE answered.reviewed AND newest.verdict = 'LABEL' -- otherwise an earlier label was withdrawn
    ), shadow AS (
      SELECT agrees FROM "ShadowAnswer"
      WHERE "modelVersionId" = ANY(${ids}) AND "createdAt" >= ${from} AND "createdAt" < ${to}
        AND ${isShadowOfVisibleSites(limits)}
    )
    SELECT
      count(*)::int AS predictions,
      count(*) FILTER (WHERE outcome = 'CLASSIFIED')::int AS classified,
      count(*) FILTER (WHERE outcome = 'CLASSIFIED' AND label = version."positiveLabel")::int AS positive,
      count(*) FILTER (WHERE outcome = 'OUT_OF_DISTRIBUTION')::int AS "outOfDistribution",
      percentile_cont('{0.5,0.95}'::float8[]) WITHIN GROUP (ORDER BY "totalMs") AS times,
      count(*) FILTER (WHERE answered.reviewed)::int AS reviewed,
      (SELECT count(*)::int FROM review) AS labelled,
      (SELECT count(*)::int FROM review WHERE "agreesWithModel") AS agreed,
      (SELECT count(*)::int FROM shadow) AS shadowed,
      (SELECT count(*)::int FROM shadow WHERE agrees) AS "shadowAgreed"
    FROM answered JOIN version ON version.id = answered."modelVersionId"`;
  if (!counts) throw new Error('The count returned no row.');
  return counts;
}

function ratesOf(counts: Counts): Omit<MonitoringWindow, 'from' | 'to'> {
  const { predictions, classified, positive, outOfDistribution, reviewed, labelled, times } = counts;
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole);
  return {
    predictionCount: predictions,
    reviewedCount: reviewed,
    labelledCount: labelled,
    agreementRate: share(counts.agreed, labelled),
    abstentionRate: share(predictions - classified, predictions) ?? 0,
    outOfDistributionRate: share(outOfDistribution, predictions) ?? 0,
    positiveRate: share(positive, classified) ?? 0,
    challengerAgreementRate: share(counts.shadowAgreed, counts.shadowed),
    p50Ms: times?.[0] ?? 0,
    p95Ms: times?.[1] ?? 0,
  };
}
