/** Asks the queue to run a job again. */
export class RetryError extends Error {
  override readonly name = 'RetryError';

  /**
   * @param cause why the attempt failed
   * @param pauseS seconds until the next attempt
   * @param counts whether the queue counts this attempt
   */
  constructor(
    cause: unknown,
    readonly pauseS: number,
    readonly counts: boolean,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
