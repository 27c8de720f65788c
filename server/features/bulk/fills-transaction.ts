import type { BulkAnswer } from './bulk-lifecycle.js';

/** Files recorded in one transaction. After a crash at most these and the images in progress are read again. */
const FILES_PER_TRANSACTION = 32;
/** Once the files have so many predictions, they are recorded. One field has at most as many. */
const PREDICTIONS_PER_TRANSACTION = 500;

/** Whether answers are enough to be recorded in one transaction, which locks the job's row and has a time limit. */
export function fillsTransaction(answers: readonly BulkAnswer[]): boolean {
  const predictions = answers.reduce((sum, answer) => sum + predictionsOf(answer), 0);
  return answers.length >= FILES_PER_TRANSACTION || predictions >= PREDICTIONS_PER_TRANSACTION;
}

function predictionsOf(answer: BulkAnswer): number {
  if ('field' in answer) return answer.field.predictions.length;
  return 'answer' in answer ? 1 : 0;
}
