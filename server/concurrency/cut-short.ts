import { setMaxListeners } from 'node:events';

/** What `work` comes to, or a rejection with the signal's reason as soon as it aborts; the work itself is not ended then. */
export async function cutShort<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    // The reason is whatever was handed to `abort`.
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Runs `work` with a signal that aborts with `signal`, for its reason, and after so many milliseconds, with `expired()` as its
 * reason. Unlike `AbortSignal.any` and `AbortSignal.timeout` it leaves nothing behind when the work has ended: at hundreds of
 * requests a second, timers that only time out add up.
 */
export async function withDeadline<Result>(
  signal: AbortSignal,
  milliseconds: number,
  expired: () => Error,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  setMaxListeners(0, signal); // of a job that classifies many images at once there are as many
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop);
  const timer = setTimeout(() => controller.abort(expired()), milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
