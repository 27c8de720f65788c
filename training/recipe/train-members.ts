import type { EpochFigures } from '../../server/features/training/run-lifecycle.js';
import type { BatchSource } from '../dataset/batches.js';
import {
  digestOfTrainedItems,
  type TrainingDependencies,
  type TrainingReports,
  type TrainingTask,
} from '../training-task.js';
import type { TrainingPlan } from './plan-training.js';
import { type TrainedMember, trainMember } from './train-member.js';

/**
 * Trains the members of the plan one after another, each from its own checkpoint if there is one. The shares that it reports
 * are of the training of all members (0–1). Throws TrainingDataError, or the reason of `signal` when it aborts.
 */
export async function trainMembers(
  { tf, log, checkpointPath }: TrainingDependencies,
  task: TrainingTask,
  { members, test }: TrainingPlan,
  source: BatchSource,
  reports: TrainingReports,
  signal: AbortSignal,
): Promise<TrainedMember[]> {
  const { items, positiveLabel, parameters, seed } = task;
  const labels = items.map(({ label }) => label);
  const trained: TrainedMember[] = [];
  for (const [index, plan] of members.entries()) {
    const title = members.length > 1 ? `Member ${index + 1} of ${members.length}: training` : 'Training';
    log.info(
      `${title} on ${plan.train.length} images, validating on ${plan.heldOut.length}, testing on ${test.length}`,
    );
    const shareOfAll = (shareOfMember: number) => (index + shareOfMember) / members.length;
    const member = await trainMember(
      {
        tf,
        source,
        labels,
        positiveLabel,
        snapshotDigest: digestOfTrainedItems(task),
        parameters,
        seed,
        plan,
        index,
        checkpointPath: `${checkpointPath}-${index + 1}-of-${members.length}`,
      },
      {
        onEpoch: async (figures) => {
          log.info(epochLine(figures));
          const epoch = index * parameters.epochs + figures.epoch;
          await reports.onEpoch({ ...figures, epoch }, shareOfAll(figures.epoch / parameters.epochs));
        },
        onProgress: (share) => reports.onProgress(shareOfAll(share)),
      },
      signal,
    );
    trained.push(member);
  }
  return trained;
}

function epochLine({ epoch, loss, validationLoss, validationAuc, seconds }: EpochFigures): string {
  return (
    `Epoch ${epoch}: loss ${loss.toFixed(4)}, validation loss ${validationLoss.toFixed(4)}, ` +
    `validation AUC ${validationAuc.toFixed(4)}, ${seconds.toFixed(1)} s`
  );
}
