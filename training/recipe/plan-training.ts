import type { Preprocessing } from '../../server/decision/preprocessing.js';
import { negativeLabel } from '../../server/artifact/negative-label.js';
import { TrainingDataError } from '../training-data-error.js';
import type { TrainingTask } from '../training-task.js';
import { planMembers, type MemberPlan } from './plan-members.js';
import { preprocessingFor } from './recipe.js';

/** Everything that is decided before training begins. */
export interface TrainingPlan {
  /** [negative, positive] */
  classes: [string, string];
  members: MemberPlan[];
  /** Indices of the items that are only tested on. */
  test: number[];
  preprocessing: Preprocessing;
}

/**
 * Decides on the two classes, the images of each member, the test images, and the preprocessing. The same task gives the same
 * plan. Throws TrainingDataError if the snapshot does not have both classes, or has too few groups.
 */
export function planTraining(task: TrainingTask): TrainingPlan {
  const { items, positiveLabel, parameters, seed } = task;
  const classes = classesOf(task);
  const [negative, positive] = classes;
  const labelled = items.map((item) => ({
    ...item,
    label: item.label === positiveLabel ? positive : negative,
  }));
  return {
    classes,
    ...planMembers(labelled, parameters, seed),
    preprocessing: preprocessingFor(parameters),
  };
}

/** Names the negative class after the snapshot's other label, or 'not POSITIVE' if there are several other labels. */
function classesOf({ items, positiveLabel }: TrainingTask): [string, string] {
  const labels = [...new Set(items.map(({ label }) => label))];
  const [other, ...more] = labels.filter((label) => label !== positiveLabel);
  if (other === undefined || !labels.includes(positiveLabel)) {
    throw new TrainingDataError(
      `The snapshot needs images labelled '${positiveLabel}' and images with another label; it has ${items.length} images ` +
        `labelled ${labels.map((label) => `'${label}'`).join(', ') || 'nothing'}.`,
    );
  }
  return [more.length === 0 ? other : negativeLabel(positiveLabel), positiveLabel];
}
