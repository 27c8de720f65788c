import { Turns } from '../../concurrency/turns.js';
import type { Config } from '../../config.js';
import { OverloadedError } from '../../inference/errors.js';
import { RUNS_AT_ONCE } from '../../inference/network.js';

/**
 * Images of one account that are processed at the same time, for each run of a network, while no other account sends images: enough
 * to keep the inference threads busy while other images are decoded, written and recorded.
 */
const MOST_ALONE = 8;
/** The same while other accounts send images. */
const MOST_BESIDE_OTHERS = 2;
/** How long an account counts as sending images after its last one. */
const ACTIVE_MS = 5_000;

/**
 * Lets the accounts take turns with their images. A few images of one account are classified, written to the object store and
 * recorded at the same time. Its others wait, so that they delay neither the disk nor the database for other accounts.
 */
export class ImageTurns {
  readonly #turns: Turns<string>;
  readonly #mostWaiting: number;
  /** When each account sent its last image, oldest first. By `performance.now()`. */
  readonly #lastImages = new Map<string, number>();

  constructor({
    inferenceThreads,
    inferenceServer,
    inferenceQueueLimit,
  }: Pick<Config, 'inferenceThreads' | 'inferenceServer' | 'inferenceQueueLimit'>) {
    const runs =
      inferenceThreads * (inferenceServer === null ? RUNS_AT_ONCE.onThread : RUNS_AT_ONCE.onServer);
    this.#turns = new Turns({
      atOnce: Infinity,
      ofOneKey: () => runs * (this.#lastImages.size > 1 ? MOST_BESIDE_OTHERS : MOST_ALONE),
    });
    this.#mostWaiting = inferenceQueueLimit;
  }

  /**
   * Waits until an image of the account may be classified.
   * @returns what to call when it is recorded
   * @throws OverloadedError, at once, if as many images wait as the queue of the inference threads may hold, or half as many of this
   *   account; the reason of `signal`, if that aborts first
   */
  take(account: string, signal: AbortSignal): Promise<() => void> {
    const own = this.#turns.waitingOf(account);
    if (this.#turns.waiting >= this.#mostWaiting || own >= Math.max(1, this.#mostWaiting / 2)) {
      throw new OverloadedError(`${own} of your images are waiting already. Try again in a few seconds.`);
    }
    this.#noteImage(account);
    return this.#turns.take(account, signal);
  }

  /**
   * Waits until the account's next cell of a field may be classified. The field itself has been admitted before, so its cells are
   * never refused; they take turns like images.
   */
  takeForCell(account: string, signal: AbortSignal): Promise<() => void> {
    this.#noteImage(account);
    return this.#turns.take(account, signal);
  }

  #noteImage(account: string): void {
    const now = performance.now();
    this.#lastImages.delete(account);
    this.#lastImages.set(account, now); // now the newest
    for (const [other, time] of this.#lastImages) {
      if (now - time <= ACTIVE_MS) break;
      this.#lastImages.delete(other);
    }
  }
}
