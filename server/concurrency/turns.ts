import { FairQueue } from './fair-queue.js';

interface Limits<Key> {
  /** Pieces of work that run at the same time, of all keys together. */
  atOnce: number;
  /** Pieces of work of one key that run at the same time: a number, or one that may change, for each key. Defaults to `atOnce`. */
  ofOneKey?: number | ((key: Key) => number);
}

/** Called when the turn has come. */
type Waiting = () => void;

/**
 * Lets a limited amount of work run at the same time. The keys are served in turn, so that much work of one key does not delay
 * that of another. Before waiting work begins, pending input and output are handled.
 */
export class Turns<Key> {
  readonly #atOnce: number;
  readonly #mostOf: (key: Key) => number;
  readonly #queue = new FairQueue<Key, Waiting>();
  readonly #runningOf = new Map<Key, number>();
  #running = 0;

  constructor({ atOnce, ofOneKey = atOnce }: Limits<Key>) {
    this.#atOnce = atOnce;
    this.#mostOf = typeof ofOneKey === 'number' ? () => ofOneKey : ofOneKey;
  }

  /** The number of pieces of work that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  waitingOf(key: Key): number {
    return this.#queue.sizeOf(key);
  }

  /**
   * Waits until work of the key may begin.
   * @returns what to call when the work has ended; calling it again does nothing
   * @throws the reason of `signal`, if that aborts before the work may begin
   */
  async take(key: Key, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#queue.size === 0 && this.#mayBegin(key)) this.#begin(key);
    else await this.#wait(key, signal);
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      this.#end(key);
    };
  }

  #wait(key: Key, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        if (this.#queue.remove(key, waiting)) reject(signal?.reason as Error);
      };
      const waiting = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      this.#queue.add(key, waiting);
      signal?.addEventListener('abort', leave, { once: true });
      this.#beginWaiting(); // work of this key may begin even if work of another waits
    });
  }

  #mayBegin(key: Key): boolean {
    return this.#running < this.#atOnce && (this.#runningOf.get(key) ?? 0) < this.#mostOf(key);
  }

  #begin(key: Key): void {
    this.#running++;
    this.#runningOf.set(key, (this.#runningOf.get(key) ?? 0) + 1);
  }

  #end(key: Key): void {
    this.#running--;
    const others = (this.#runningOf.get(key) ?? 1) - 1;
    if (others > 0) this.#runningOf.set(key, others);
    else this.#runningOf.delete(key);
    if (this.#queue.size > 0) setImmediate(() => this.#beginWaiting());
  }

  #beginWaiting(): void {
    for (;;) {
      const next = this.#queue.takeOf((key) => this.#mayBegin(key));
      if (!next) return;
      this.#begin(next.key);
      next.item();
    }
  }
}
