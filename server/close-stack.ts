import type { Logger } from 'pino';
import { within } from './concurrency/within.js';

/** Longer than the time limit of any part: requests in progress and a job have 10 s to finish. */
const PATIENCE_MS = 12_000;

/** Closes resources in the reverse order of opening. */
export class CloseStack {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Registers how to close `opened`, with a time limit in milliseconds, and returns `opened`. */
  add<Opened>(opened: Opened, close: (opened: Opened) => unknown, patienceMs = PATIENCE_MS): Opened {
    this.#closers.push(async () => {
      await within(patienceMs, Promise.resolve(close(opened)));
    });
    return opened;
  }

  /**
   * Closes all resources one after the other, the last opened first. A resource that fails to close in time is logged, and
   * the others are still closed.
   */
  async close(): Promise<void> {
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop()) {
      try {
        await closer();
      } catch (error) {
        this.#log.error({ err: error }, 'A part of the server did not stop cleanly.');
      }
    }
  }
}
