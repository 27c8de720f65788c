import { EvaluationMetrics } from '../../../artifact/classification-metrics.js';
import { rowsByKey } from '../../../api/batched.js';
import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';

/** An evaluation as the API shows it: its metrics together with its version, snapshot and status. */
export type EvaluationView = Omit<EvaluationMetrics, 'itemCount' | 'groupCount'> &
  Omit<Prisma.EvaluationGetPayload<object>, 'metrics'>;

const noMetrics: EvaluationMetrics = {
  itemCount: 0,
  groupCount: null,
  auc: null,
  sensitivity: null,
  specificity: null,
  balancedAccuracy: null,
  expectedCalibrationError: null,
  brierScore: null,
  abstentionRate: null,
  confusionMatrix: [],
  rocCurve: [],
  reliabilityCurve: [],
};

/** An evaluation's row with its metrics expanded; empty metrics if it has none. */
export function evaluationOf({ metrics, ...row }: Prisma.EvaluationGetPayload<object>): EvaluationView {
  return { ...(metrics === null ? noMetrics : EvaluationMetrics.parse(metrics)), ...row };
}

export async function loadEvaluations(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, EvaluationView>> {
  const rows = await database.evaluation.findMany({ where: { id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, evaluationOf(row)]));
}

/** The evaluations of each version, oldest first. */
export async function loadEvaluationsOfVersions(
  database: Database,
  versionIds: readonly string[],
): Promise<Map<string, EvaluationView[]>> {
  const rows = await database.evaluation.findMany({
    where: { modelVersionId: { in: [...versionIds] } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rowsByKey(rows.map(evaluationOf), (evaluation) => evaluation.modelVersionId);
}
