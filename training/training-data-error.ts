/** The data or the recipe cannot be used for training. `message` is shown to the person who started the run. Not retried. */
export class TrainingDataError extends Error {
  override readonly name = 'TrainingDataError';
}
