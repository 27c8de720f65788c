import type { Logger } from 'pino';
import { within } from './concurrency/within.js';

/** Longer than any part gives itself: requests under way and a job have 10 s to end. */
const PATIENCE_MS = 12_000;

/** What has been opened, to be closed in the reverse order. */
export class CloseStack {
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Remembers how `opened` is closed, and that it has so many milliseconds for it, and returns it. */
  add<Opened>(opened: Opened, close: (opened: Opened) => unknown, patienceMs = PATIENCE_MS): Opened {
    this.#closers.push(async () => {
      await within(patienceMs, Promise.resolve(close(opened)));
    });
    return opened;
  }

  /**
   * Closes one after the other, the last opened first. One that does not close, or not in time, is logged and keeps no other
   * open.
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
