import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { type UserError, UserErrorCode, UserErrorException } from '../../api/user-error.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { loadFindings, loadLabelCounts } from '../datasets/load-snapshots.js';
import { shownSpellings, spellings } from '../datasets/names.js';
import { findOrCreateModel } from '../models/find-or-create-model.js';
import { modelNameProblem } from '../models/model-name.js';
import type { TrainingRunRow } from './load-runs.js';
import { readParameters, type TrainingParameters } from './parameters.js';
import { LARGEST_SEED, recordRun } from './record-run.js';
import type { StartTrainingInput } from './types.js';

interface Validated {
  /** The whole recipe. */
  parameters: TrainingParameters;
  /** The checks that found a WARNING in the snapshot, all of them acknowledged. */
  acknowledgedFindings: string[];
}

/**
 * Records a training run on a READY snapshot as QUEUED, for the next free worker. Each check for which validation gave a WARNING
 * must be acknowledged; the acknowledged checks are stored with the run.
 */
export async function startTraining(
  context: RequestContext,
  input: StartTrainingInput,
): Promise<{ trainingRun: TrainingRunRow }> {
  const viewer = authorise(context, 'train');
  const { parameters, acknowledgedFindings } = await validate(context, input);
  const { modelName, datasetSnapshotId, positiveLabel } = input;

  const trainingRun = await context.database.$transaction(async (tx) => {
    const model = await findOrCreateModel(tx, modelName);
    return recordRun(tx, context, {
      model,
      datasetSnapshotId,
      positiveLabel,
      parameters,
      seed: input.seed ?? null,
      acknowledgedFindings,
      createdById: viewer.id,
    });
  });
  return { trainingRun };
}

/** Validates the input. Throws user errors. */
async function validate(context: RequestContext, input: StartTrainingInput): Promise<Validated> {
  const errors: UserError[] = [];
  let acknowledgedFindings: string[] = [];
  const wrong = (field: string[], message: string, code = UserErrorCode.INVALID) =>
    errors.push({ code, field: ['input', ...field], message });

  const nameProblem = modelNameProblem(input.modelName);
  if (nameProblem) wrong(['modelName'], nameProblem);

  const snapshot = await findDatasetSnapshot(context, input.datasetSnapshotId);
  if (!snapshot) {
    wrong(
      ['datasetSnapshotId'],
      'There is no such snapshot. The query datasetSnapshots lists the existing ones.',
      UserErrorCode.NOT_FOUND,
    );
  } else if (snapshot.status !== 'READY') {
    wrong(
      ['datasetSnapshotId'],
      `The snapshot is ${snapshot.status}, but training needs a READY snapshot. See its findings for the reason.`,
      UserErrorCode.CONFLICT,
    );
  } else {
    const labels = ((await batched(context, loadLabelCounts).load(snapshot.id)) ?? []).map(
      ({ label }) => label,
    );
    if (!labels.includes(input.positiveLabel)) {
      wrong(
        ['positiveLabel'],
        `The snapshot has no label '${input.positiveLabel}', only: ${labels.join(', ')}.`,
      );
    }
    // Only snapshots from before validation had this check can have such labels.
    for (const names of spellings(labels)) {
      wrong(
        ['datasetSnapshotId'],
        `Its labels ${shownSpellings(names)} are different spellings of one name, so the model would learn them as different classes. Create a new snapshot with a class mapping that gives them one label.`,
      );
    }
    const findings = (await batched(context, loadFindings).load(snapshot.id)) ?? [];
    const warnings = findings.filter(({ severity }) => severity === 'WARNING');
    for (const { check, message } of warnings) {
      if (input.acknowledgedFindings?.includes(check)) continue;
      const remedy = `Fix the data, or acknowledge '${check}' to train on it anyway.`;
      wrong(['acknowledgedFindings'], `${check}: ${message} ${remedy}`, UserErrorCode.CONFLICT);
    }
    acknowledgedFindings = [...new Set(warnings.map(({ check }) => check))];
  }

  if (input.seed != null && input.seed < 0) wrong(['seed'], `Give a seed from 0 to ${LARGEST_SEED}.`);

  const read = readParameters(input.parameters ?? [], input.epochs);
  if ('parameters' in read && errors.length === 0) {
    return { parameters: read.parameters, acknowledgedFindings };
  }
  for (const { index, message } of 'problems' in read ? read.problems : []) {
    wrong(index < 0 ? ['epochs'] : ['parameters', String(index), 'value'], message);
  }
  throw new UserErrorException(errors);
}
