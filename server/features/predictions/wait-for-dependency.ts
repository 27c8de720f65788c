import { UserErrorCode, UserErrorException } from '../../api/user-error.js';
import { cutShort } from '../../concurrency/cut-short.js';
import { type Dependency, UnavailableError } from '../../unavailable-error.js';

/** The deadline of a classification has passed. */
export class DeadlineError extends UserErrorException {
  constructor() {
    const message = 'The image waited too long for its answer. Try again in a moment.';
    super([{ code: UserErrorCode.OVERLOADED, message, field: null }]);
  }
}

/**
 * Waits for `work` in the database or the object store until `signal` aborts. When it aborts because of the deadline, that
 * dependency is what does not answer: throws UnavailableError. The work itself is not stopped, so it may still be completed.
 */
export async function waitForDependency<Result>(
  dependency: Dependency,
  signal: AbortSignal,
  work: Promise<Result>,
): Promise<Result> {
  try {
    return await cutShort(signal, work);
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    throw new UnavailableError(dependency, 'unreachable', { cause: error });
  }
}
