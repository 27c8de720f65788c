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
 * Records a run of the recipe on a READY snapshot, QUEUED for the next worker that is free. What validation warned of must
 * be acknowledged check by check, and stays with the run.
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

/** What the input asks for. Throws user errors. */
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
      'There is no such snapshot: datasetSnapshots lists those there are.',
      UserErrorCode.NOT_FOUND,
    );
  } else if (snapshot.status !== 'READY') {
    wrong(
      ['datasetSnapshotId'],
      `The snapshot is ${snapshot.status}: only a READY one can be trained on. Its findings say more.`,
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
    // Of snapshots from before validation looked for this.
    for (const names of spellings(labels)) {
      wrong(
        ['datasetSnapshotId'],
        `Its labels ${shownSpellings(names)} are one name in different spellings: the model would learn one of them as what the other is not. Make a new snapshot with a class mapping that gives them one label.`,
      );
    }
    const findings = (await batched(context, loadFindings).load(snapshot.id)) ?? [];
    const warnings = findings.filter(({ severity }) => severity === 'WARNING');
    for (const { check, message } of warnings) {
      if (input.acknowledgedFindings?.includes(check)) continue;
      const remedy = `Mend the data, or acknowledge '${check}' to train on it all the same.`;
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
