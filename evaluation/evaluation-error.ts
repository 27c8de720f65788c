/** The images or the version cannot be evaluated. `message` is shown to the person who requested it. Not retried. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}
