/** The data, or the recipe for it, cannot be trained on: a sentence for the person who started the run. Not retried. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';
}
