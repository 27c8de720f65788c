import { FairQueue } from './fair-queue.js';

/** How long one task may use the event loop before others get a turn, in milliseconds. */
const LONGEST_MS = 2;
/** Parts that continue together in one turn of the event loop; most parts take some ten microseconds. */
const PARTS_PER_TURN = 16;

/**
 * Divides long tasks into parts, between which the event loop handles input and output, so that they do not delay other requests.
 * Several tasks continue in turn.
 */
export class Pace {
  readonly #waiting = new FairQueue<object, () => void>();
  /** When the current turn of the event loop began to work on tasks; null before it does. By `performance.now()`. */
  #since: number | null = null;

  /** What a part of `task` waits for before it begins; null if it may begin at once. */
  pause(task: object): Promise<void> | null {
    if (this.#waiting.size === 0 && !this.#isTurnOver()) return null;
    return new Promise((resolve) => {
      this.#waiting.add(task, resolve);
      if (this.#waiting.size === 1) setImmediate(() => this.#continue());
    });
  }

  /** Whether parts of `task` wait. */
  isWaiting(task: object): boolean {
    return this.#waiting.sizeOf(task) > 0;
  }

  #isTurnOver(): boolean {
    const now = performance.now();
    if (this.#since !== null) return now - this.#since > LONGEST_MS;
    this.#since = now;
    setImmediate(() => (this.#since = null));
    return false;
  }

  #continue(): void {
    for (let part = 0; part < PARTS_PER_TURN; part++) this.#waiting.take()?.();
    if (this.#waiting.size > 0) setImmediate(() => this.#continue());
  }
}
