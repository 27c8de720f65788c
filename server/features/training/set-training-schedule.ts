import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { type UserError, UserErrorCode, UserErrorException } from '../../api/user-error.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { loadLabelCounts } from '../datasets/load-snapshots.js';
import { newestSnapshot } from '../datasets/newest-snapshot.js';
import { findOrCreateModel, lockModel } from '../models/find-or-create-model.js';
import { modelNameProblem } from '../models/model-name.js';
import { CronError, nextTime } from './cron.js';
import { scheduleRelations, type TrainingScheduleRow } from './load-schedules.js';
import { readParameters } from './parameters.js';
import { planTick } from './plan-tick.js';
import type { SetTrainingScheduleInput } from './types.js';

/**
 * Creates or replaces the schedule of a model and a dataset, starting from `now`. A waiting tick is replaced; a tick whose data is
 * being ingested continues. A schedule that is switched off has no ticks, and its settings can still be read.
 */
export async function setTrainingSchedule(
  context: RequestContext,
  input: SetTrainingScheduleInput,
  now: Date,
): Promise<{ schedule: TrainingScheduleRow }> {
  const viewer = authorise(context, 'train');
  const { cron, next } = await validate(context, input, now);
  const { modelName, datasetName, positiveLabel, enabled } = input;
  const nextRunAt = enabled ? next : null;

  const schedule = await context.database.$transaction(async (tx) => {
    const model = await findOrCreateModel(tx, modelName);
    await lockModel(tx, model.id);
    const content = {
      positiveLabel,
      cron,
      enabled,
      parameters: (input.parameters ?? []).map(({ name, value }) => ({ name, value })),
      acknowledgedFindings: [...new Set(input.acknowledgedFindings ?? [])],
      nextRunAt,
      createdById: viewer.id,
    };
    const schedule = await tx.trainingSchedule.upsert({
      where: { modelId_datasetName: { modelId: model.id, datasetName } },
      create: { id: newId('sched'), modelId: model.id, datasetName, ...content },
      update: content,
      include: scheduleRelations,
    });
    if (nextRunAt) await planTick(tx, schedule.id, nextRunAt); // without one, the tick that waits finds nothing to do
    await recordAuditEvent(tx, context, {
      action: AuditAction.TRAINING_SCHEDULE_SET,
      entityId: schedule.id,
      detail: `${modelName} on ${datasetName}, '${cron}' UTC, ${enabled ? 'on' : 'off'}`,
    });
    return schedule;
  });
  return { schedule };
}

/** Returns the normalised cron expression and its next time after `now`. Throws user errors. */
async function validate(
  { database }: RequestContext,
  input: SetTrainingScheduleInput,
  now: Date,
): Promise<{ cron: string; next: Date }> {
  const errors: UserError[] = [];
  const wrong = (field: string[], message: string, code = UserErrorCode.INVALID) =>
    errors.push({ code, field: ['input', ...field], message });

  const nameProblem = modelNameProblem(input.modelName);
  if (nameProblem) wrong(['modelName'], nameProblem);

  const newest = await newestSnapshot(database, input.datasetName);
  if (!newest) {
    const message =
      `There is no snapshot named '${input.datasetName}' whose source could be ingested again: create one first, and ` +
      'see that its data is good.';
    wrong(['datasetName'], message, UserErrorCode.NOT_FOUND);
  }
  const known = newest && (await newestSnapshot(database, input.datasetName, 'READY'));
  if (known) {
    const labelCounts = (await loadLabelCounts(database, [known.id])).get(known.id) ?? [];
    const labels = labelCounts.map(({ label }) => label);
    if (!labels.includes(input.positiveLabel)) {
      const of = `${known.name} version ${known.version}`;
      wrong(['positiveLabel'], `${of} has no label '${input.positiveLabel}', only: ${labels.join(', ')}.`);
    }
  }

  const read = readParameters(input.parameters ?? []);
  for (const { index, message } of 'problems' in read ? read.problems : []) {
    wrong(['parameters', String(index), 'value'], message);
  }

  const cron = input.cron.trim().replace(/\s+/g, ' ');
  try {
    const next = nextTime(cron, now);
    if (errors.length === 0) return { cron, next };
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    wrong(['cron'], error.message);
  }
  throw new UserErrorException(errors);
}
