import type { Services } from '../../api/context.js';
import type { Transaction } from '../../database/client.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { loadFindings, loadLabelCounts, type SnapshotRow } from '../datasets/load-snapshots.js';
import type { TrainingScheduleRow } from './load-schedules.js';
import { lockSchedule } from './lock-schedule.js';
import { ParameterTexts, readParameters, type TrainingParameters } from './parameters.js';
import { recordRun } from './record-run.js';

/** What is done without anybody asking. */
const NOBODY = { viewer: null, ip: null };

/**
 * Goes on with a schedule's tick once its snapshot has been ingested and validated: starts the run, which evaluates what
 * it made and registers it, and promotes nobody. Does nothing for a snapshot that no tick waits for, so it may be called
 * after every ingestion, and again.
 *
 * It ends here, and says why in the schedule's last outcome, when the snapshot is REJECTED or FAILED, when a WARNING is not
 * acknowledged, when the positive label is gone, when the recipe's parameters are no longer valid, or when the schedule
 * was switched off meanwhile. The next tick begins afresh. A WARNING counts as acknowledged where the schedule names its
 * check, or an earlier run of the model on the same dataset did: that was a person's decision, and holds for the data's later versions.
 */
export async function continueScheduledTraining(
  { database, log }: Pick<Services, 'database' | 'log'>,
  snapshotId: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const schedule = await lockSchedule(tx, { snapshotId });
    if (!schedule) return;
    const snapshot = await tx.datasetSnapshot.findUniqueOrThrow({ where: { id: snapshotId } });
    if (snapshot.status === 'INGESTING') return;

    const { id, modelId, model, positiveLabel, createdById } = schedule;
    const ready = await prepare(tx, schedule, snapshot);
    if ('obstacle' in ready) {
      const lastOutcome = `${snapshot.name} version ${snapshot.version} was not trained on: ${ready.obstacle}`;
      await tx.trainingSchedule.update({ where: { id }, data: { snapshotId: null, lastOutcome } });
      await recordAuditEvent(tx, NOBODY, {
        action: AuditAction.TRAINING_SCHEDULE_TICKED,
        entityId: id,
        outcome: 'failure',
        detail: lastOutcome,
      });
      log.warn({ scheduleId: id }, lastOutcome);
      return;
    }
    const run = await recordRun(tx, NOBODY, {
      model: { id: modelId, name: model.name },
      datasetSnapshotId: snapshotId,
      positiveLabel,
      seed: null,
      createdById,
      ...ready,
    });
    await tx.trainingSchedule.update({
      where: { id },
      data: { snapshotId: null, lastOutcome: null, lastRunId: run.id },
    });
    await recordAuditEvent(tx, NOBODY, {
      action: AuditAction.TRAINING_SCHEDULE_TICKED,
      entityId: id,
      detail: `Started training run ${run.id} on ${snapshot.name} version ${snapshot.version}`,
    });
  });
}

async function prepare(
  tx: Transaction,
  schedule: TrainingScheduleRow,
  snapshot: SnapshotRow,
): Promise<{ obstacle: string } | { parameters: TrainingParameters; acknowledgedFindings: string[] }> {
  const findings = (await loadFindings(tx, [snapshot.id])).get(snapshot.id) ?? [];
  if (snapshot.status !== 'READY') {
    const errors = findings.filter(({ severity }) => severity === 'ERROR').map(({ message }) => message);
    return { obstacle: `it is ${snapshot.status}. ${errors.join(' ')}`.trim() };
  }
  if (!schedule.enabled) return { obstacle: 'the schedule was switched off meanwhile.' };

  const labels = ((await loadLabelCounts(tx, [snapshot.id])).get(snapshot.id) ?? []).map(
    ({ label }) => label,
  );
  if (!labels.includes(schedule.positiveLabel)) {
    return { obstacle: `it has no label '${schedule.positiveLabel}', only: ${labels.join(', ')}.` };
  }

  const warnings = findings.filter(({ severity }) => severity === 'WARNING');
  const acknowledged = await acknowledgedChecks(tx, schedule);
  const open = warnings.filter(({ check }) => !acknowledged.has(check));
  if (open.length > 0) {
    const list = open.map(({ check, message }) => `${check}: ${message}`).join(' ');
    const remedy = `Mend the data, or set the schedule with these checks in acknowledgedFindings.`;
    return { obstacle: `nobody has acknowledged what validation warns of. ${list} ${remedy}` };
  }

  const read = readParameters(ParameterTexts.parse(schedule.parameters));
  if ('problems' in read) {
    const problems = read.problems.map(({ message }) => message).join(' ');
    return { obstacle: `its parameters do not fit the recipe any more. ${problems} Set the schedule anew.` };
  }
  const acknowledgedFindings = [...new Set(warnings.map(({ check }) => check))];
  return { parameters: read.parameters, acknowledgedFindings };
}

async function acknowledgedChecks(
  tx: Transaction,
  { modelId, datasetName, acknowledgedFindings }: TrainingScheduleRow,
): Promise<Set<string>> {
  const runs = await tx.trainingRun.findMany({
    where: { modelId, datasetSnapshot: { name: datasetName } },
    select: { acknowledgedFindings: true },
  });
  return new Set([...acknowledgedFindings, ...runs.flatMap((run) => run.acknowledgedFindings)]);
}
