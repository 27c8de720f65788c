import type { Database } from '../../../database/client.js';
import type { Prisma } from '../../../database/generated/client.js';
import {
  ERASED_SINCE,
  type EvaluationAnswer,
  loadEvaluationAnswers,
} from '../evaluations/evaluation-answers.js';
import { evaluationOf, type EvaluationView } from '../evaluations/load-evaluations.js';

/** A version's evaluation on a snapshot with its answers, or why there is none. */
export interface ComparableEvaluation {
  evaluation: EvaluationView | null;
  /** A sentence; null if there is an evaluation. */
  missing: string | null;
  /** The evaluation that is waiting or running; null if there is none. */
  pending: EvaluationView | null;
  /** In the order of the keys of the snapshot's items; empty without an evaluation. */
  answers: EvaluationAnswer[];
}

const missingBecause = {
  QUEUED: 'The evaluation on this snapshot is waiting for a worker.',
  RUNNING: 'The evaluation on this snapshot is running.',
  FAILED: 'The last evaluation on this snapshot failed.',
  CANCELLED: 'The last evaluation on this snapshot was cancelled.',
  SUCCEEDED:
    'The evaluation on this snapshot was made by an earlier release, which did not keep the answers for each image. Evaluate it again.',
};

/** For each version, its newest evaluation on the whole snapshot that has an answer for each of the snapshot's items. */
export async function comparableEvaluations(
  database: Database,
  versionIds: readonly string[],
  snapshotId: string,
  itemCount: number,
): Promise<Map<string, ComparableEvaluation>> {
  const rows = await database.evaluation.findMany({
    where: { modelVersionId: { in: [...versionIds] }, datasetSnapshotId: snapshotId, split: null },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    include: { answers: { select: { evaluationId: true } } },
  });
  const newest = versionIds.map((id) =>
    rows.find(({ modelVersionId, answers }) => modelVersionId === id && answers !== null),
  );
  const answersOf = await loadEvaluationAnswers(
    database,
    newest.flatMap((row) => row?.id ?? []),
    itemCount,
  );
  return new Map(
    versionIds.map((id, index): [string, ComparableEvaluation] => {
      const row = newest[index];
      const last = rows.find(({ modelVersionId }) => modelVersionId === id);
      const pending = last && ['QUEUED', 'RUNNING'].includes(last.status) ? viewOf(last) : null;
      const answers = row && answersOf.get(row.id);
      if (row && answers) {
        return [id, { evaluation: viewOf(row), missing: null, pending, answers }];
      }
      const missing =
        row && !pending
          ? ERASED_SINCE
          : last
            ? missingBecause[last.status]
            : 'The version was not evaluated on this snapshot.';
      return [id, { evaluation: null, missing, pending, answers: [] }];
    }),
  );
}

function viewOf({
  answers: _,
  ...row
}: Prisma.EvaluationGetPayload<object> & { answers: unknown }): EvaluationView {
  return evaluationOf(row);
}
