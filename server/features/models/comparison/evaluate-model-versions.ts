import { authorise } from '../../../api/authorise.js';
import type { RequestContext } from '../../../api/context.js';
import { type UserError, UserErrorCode, UserErrorException, userError } from '../../../api/user-error.js';
import { evaluateModelVersion } from '../evaluations/evaluate-model-version.js';
import type { EvaluationView } from '../evaluations/load-evaluations.js';
import { comparableEvaluations } from './comparable-evaluations.js';
import type { EvaluateModelVersionsInput } from './types.js';

/** The most versions that are evaluated with one request. */
export const MOST_EVALUATED = 25;

/**
 * Starts the evaluation of each version that cannot be compared on the snapshot yet. Versions with an evaluation that can be compared, or
 * one that is QUEUED or RUNNING, get no second one. A version that cannot be evaluated there (because it was trained on the
 * images, for instance) is reported in `userErrors`, and the others are evaluated.
 */
export async function evaluateModelVersions(
  context: RequestContext,
  { modelVersionIds, datasetSnapshotId }: EvaluateModelVersionsInput,
): Promise<{ evaluations: EvaluationView[]; userErrors: UserError[] }> {
  authorise(context, 'evaluate models');
  const ids = [...new Set(modelVersionIds)];
  if (ids.length === 0 || ids.length > MOST_EVALUATED) {
    const message = `Name from 1 to ${MOST_EVALUATED} versions, not ${ids.length}.`;
    throw userError(UserErrorCode.INVALID, message, ['input', 'modelVersionIds']);
  }
  const usable = await usableEvaluations(context, ids, datasetSnapshotId);
  const evaluations: EvaluationView[] = [];
  const userErrors: UserError[] = [];
  for (const modelVersionId of ids) {
    const existing = usable.get(modelVersionId);
    if (existing) {
      evaluations.push(existing);
      continue;
    }
    try {
      const { evaluation } = await evaluateModelVersion(context, { modelVersionId, datasetSnapshotId });
      evaluations.push(evaluation);
    } catch (error) {
      if (!(error instanceof UserErrorException)) throw error;
      const field = ['input', 'modelVersionIds', String(modelVersionIds.indexOf(modelVersionId))];
      const name = await nameOf(context, modelVersionId);
      const reported = error.errors.map(({ code, message }) => ({
        code,
        message: `${name}: ${message}`,
        field,
      }));
      userErrors.push(...reported);
    }
  }
  return { evaluations, userErrors };
}

/** The evaluations that can be compared, or that are not finished, by version. */
async function usableEvaluations(
  { database }: RequestContext,
  versionIds: readonly string[],
  snapshotId: string,
): Promise<Map<string, EvaluationView>> {
  const itemCount = await database.datasetItem.count({ where: { snapshotId } });
  const comparable = await comparableEvaluations(database, versionIds, snapshotId, itemCount);
  return new Map(
    [...comparable].flatMap(([id, { evaluation, pending }]) => {
      const usable = evaluation ?? pending;
      return usable ? [[id, usable]] : [];
    }),
  );
}

async function nameOf({ database }: RequestContext, id: string): Promise<string> {
  const version = await database.modelVersion.findUnique({
    where: { id },
    select: { version: true, model: { select: { name: true } } },
  });
  return version ? `${version.model.name} version ${version.version}` : id;
}
