import { Turns } from '../../concurrency/turns.js';
import type { Config } from '../../config.js';
import { OverloadedError } from '../../inference/errors.js';
import { RUNS_AT_ONCE } from '../../inference/network.js';

/** Images of one account for each run of a network: one that runs, and one that is decoded, written or recorded in the meantime. */
const IMAGES_PER_RUN = 2;

/**
 * Lets the accounts take turns with their images. A few images of one account are classified, written to the object store and
 * recorded at the same time. Its others wait, so that they delay neither the disk nor the database for other accounts.
 */
export class ImageTurns {
  readonly #turns: Turns<string>;
  readonly #mostWaiting: number;

  constructor({
    inferenceThreads,
    inferenceServer,
    inferenceQueueLimit,
  }: Pick<Config, 'inferenceThreads' | 'inferenceServer' | 'inferenceQueueLimit'>) {
    const runsOfThread = inferenceServer === null ? RUNS_AT_ONCE.onThread : RUNS_AT_ONCE.onServer;
    this.#turns = new Turns({ atOnce: Infinity, ofOneKey: IMAGES_PER_RUN * runsOfThread * inferenceThreads });
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
    return this.#turns.take(account, signal);
  }
}
