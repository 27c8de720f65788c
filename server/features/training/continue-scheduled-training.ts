import type { Services } from '../../api/context.js';
import type { Transaction } from '../../database/client.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { loadFindings, loadLabelCounts, type SnapshotRow } from '../datasets/load-snapshots.js';
import type { TrainingScheduleRow } from './load-schedules.js';
import { lockSchedule } from './lock-schedule.js';
import { ParameterTexts, readParameters, type TrainingParameters } from './parameters.js';
import { recordRun } from './record-run.js';

/** The actor of automatic actions. */
const NOBODY = { viewer: null, ip: null };

/**
 * Continues a schedule's tick after its snapshot has been ingested and validated: starts the training run, which evaluates and
 * registers the new version but never promotes it. Does nothing for a snapshot that no tick waits for, so it can be called after
 * every ingestion, and repeatedly.
 *
 * No run is started if the snapshot is REJECTED or FAILED, a WARNING is not acknowledged, the snapshot has no positive label, the
 * recipe's parameters are no longer valid, or the schedule has been switched off. The schedule's last outcome then has the reason,
 * and the next tick starts from the beginning. A WARNING counts as acknowledged if the schedule names its check, or an earlier run
 * of the model on the same dataset did: a user made that decision, and it applies to later versions of the data.
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
  if (!schedule.enabled) return { obstacle: 'the schedule has been switched off.' };

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
    const remedy = `Fix the data, or set the schedule with these checks in acknowledgedFindings.`;
    return { obstacle: `nobody has acknowledged what validation warns of. ${list} ${remedy}` };
  }

  const read = readParameters(ParameterTexts.parse(schedule.parameters));
  if ('problems' in read) {
    const problems = read.problems.map(({ message }) => message).join(' ');
    return {
      obstacle: `its parameters are no longer valid for the recipe. ${problems} Set the schedule again.`,
    };
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
