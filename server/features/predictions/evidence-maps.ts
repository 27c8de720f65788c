import { overloaded } from '../../api/errors.js';
import { Turns } from '../../concurrency/turns.js';

/** Bytes of rendered pictures that are kept. A map of a cell has a few kilobytes, the largest about 100. */
const CACHE_BYTES = 32 * 1024 * 1024;
/** Maps that are rendered at the same time. More would take the processor from images that are being classified. */
const AT_ONCE = 1;
/** Maps that one account waits for. The page of a prediction shows one. */
const MOST_WAITING = 50;

/**
 * Rendered evidence maps, or images of the cells of fields. The maps that were used last are kept in memory. The others are rendered one after the other, the
 * accounts in turn, except for clients that have disconnected.
 */
export class EvidenceMaps {
  readonly #cached = new Map<string, Uint8Array>();
  #cachedBytes = 0;
  /** Counts how often the cache was cleared: a map whose rendering began before that is not kept. */
  #clearings = 0;
  readonly #turns = new Turns<string>({ atOnce: AT_ONCE });
  readonly #noun: string;

  /** @param noun what is rendered, for messages */
  constructor(noun: 'evidence maps' | 'images of cells' = 'evidence maps') {
    this.#noun = noun;
  }

  /**
   * The map of a prediction, from the cache or else rendered by `render`.
   * @throws OVERLOADED if the account waits for too many maps, or the reason of `signal`
   */
  find(
    id: string,
    account: string,
    signal: AbortSignal,
    render: () => Promise<Uint8Array | null>,
  ): Promise<Uint8Array | null> {
    const asMap = (bytes: Uint8Array | null) => new Map(bytes && [[id, bytes]]);
    return this.findAmong(id, account, signal, () => render().then(asMap));
  }

  /** Does the same where `render` also renders others, which are kept for later requests. */
  async findAmong(
    id: string,
    account: string,
    signal: AbortSignal,
    render: () => Promise<ReadonlyMap<string, Uint8Array>>,
  ): Promise<Uint8Array | null> {
    const cached = this.#fromCache(id);
    if (cached) return cached;
    const waiting = this.#turns.waitingOf(account);
    if (waiting >= MOST_WAITING) {
      throw overloaded(`You are waiting for ${waiting} ${this.#noun} already. Try again in a moment.`, 429);
    }
    const finish = await this.#turns.take(account, signal);
    const clearings = this.#clearings;
    try {
      const found = this.#fromCache(id); // another request may have rendered it
      if (found) return found;
      const rendered = await render();
      if (clearings === this.#clearings) for (const [id, bytes] of rendered) this.#keep(id, bytes);
      return rendered.get(id) ?? null;
    } finally {
      finish();
    }
  }

  /** Removes all maps from the cache. */
  clear(): void {
    this.#clearings++;
    this.#cached.clear();
    this.#cachedBytes = 0;
  }

  #fromCache(id: string): Uint8Array | undefined {
    const bytes = this.#cached.get(id);
    if (bytes) {
      this.#cached.delete(id);
      this.#cached.set(id, bytes); // now the one used last
    }
    return bytes;
  }

  #keep(id: string, bytes: Uint8Array): void {
    if (this.#cached.has(id)) return;
    this.#cached.set(id, bytes);
    this.#cachedBytes += bytes.byteLength;
    for (const [oldest, { byteLength }] of this.#cached) {
      if (this.#cachedBytes <= CACHE_BYTES) return;
      this.#cached.delete(oldest);
      this.#cachedBytes -= byteLength;
    }
  }
}
