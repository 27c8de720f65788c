/** The images, or the version, cannot be evaluated: a sentence for the person who requested it. Not retried. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}
