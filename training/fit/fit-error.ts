/** The local cells cannot be fitted. `message` is shown to the person who started the fit and says what would be right. Not retried. */
export class FitError extends Error {
  override readonly name = 'FitError';
}
