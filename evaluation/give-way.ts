import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work after which other work gets its turn. */
const SLICE_MS = 10;

/**
 * Returns a function to await between steps of a long computation. After 10 ms of work, it lets timers, the queue and the database
 * connection run.
 * @throws (the returned function) the reason of `signal` when it is aborted
 */
export function givingWay(signal?: AbortSignal): () => Promise<void> {
  let start = performance.now();
  return async () => {
    if (performance.now() - start < SLICE_MS) return;
    await setImmediate();
    signal?.throwIfAborted();
    start = performance.now();
  };
}
