import { ApiError, ConnectionError } from './errors.js';

/** The first pause between two attempts and the longest, in milliseconds. They double from one attempt to the next. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [500, 15_000];

/**
 * Makes attempts until one succeeds, fails permanently, or `retryMs` milliseconds have passed since the first. An error that the server calls
 * temporary is always followed by another attempt, a lost connection only if `isRepeatable`: otherwise the operation might run twice.
 */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  options: { retryMs: number; isRepeatable: boolean; signal?: AbortSignal },
): Promise<Result> {
  const end = performance.now() + options.retryMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const isTemporary = error instanceof ApiError && error.isTemporary;
      if (!isTemporary && !(options.isRepeatable && error instanceof ConnectionError)) throw error;
      const pause = (isTemporary && error.retryAfterMs) || pauseAfter(failures);
      if (performance.now() + pause > end) throw error;
      await sleep(pause, options.signal);
    }
  }
}

/** The pause after a number of failures, in milliseconds. Its random part keeps clients from coming back at the same time. */
export function pauseAfter(failures: number): number {
  return Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE) * (0.5 + Math.random() / 2);
}

/** Waits. Rejects with the signal's reason when it aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted !== true) {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener('abort', end);
    });
  }
  signal?.throwIfAborted();
}
