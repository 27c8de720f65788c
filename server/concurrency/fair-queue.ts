/** A queue that is first in, first out for each key, and serves the keys in turn: many items of one key do not delay those of another. */
export class FairQueue<Key, Item> {
  /** The items of each key that has some, in the order in which the keys are served. */
  readonly #itemsByKey = new Map<Key, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of items of one key. */
  sizeOf(key: Key): number {
    return this.#itemsByKey.get(key)?.size ?? 0;
  }

  add(key: Key, item: Item): void {
    const items = this.#itemsByKey.get(key) ?? new Set();
    this.#itemsByKey.set(key, items.add(item));
    this.#size++;
  }

  /** Removes an item. Returns whether it was in the queue. */
  remove(key: Key, item: Item): boolean {
    const items = this.#itemsByKey.get(key);
    if (!items?.delete(item)) return false;
    if (items.size === 0) this.#itemsByKey.delete(key);
    this.#size--;
    return true;
  }

  /** Removes the next item and returns it; undefined if the queue is empty. */
  take(): Item | undefined {
    return this.takeOf(() => true)?.item;
  }

  /** Does the same for the keys that `mayServe` accepts, which is called for each key at most once. */
  takeOf(mayServe: (key: Key) => boolean): { key: Key; item: Item } | undefined {
    for (const [key, items] of this.#itemsByKey) {
      if (!mayServe(key)) continue;
      for (const item of items) {
        this.remove(key, item);
        if (this.#itemsByKey.delete(key)) this.#itemsByKey.set(key, items); // moves the key to the end
        return { key, item };
      }
    }
    return undefined;
  }
}

/** Fair queues side by side that are served in turn: first fair between the outer keys, then within each between its inner keys. */
export class FairQueues<Outer, Inner, Item> {
  readonly #queues = new Map<Outer, FairQueue<Inner, Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of items of one outer key. */
  sizeOf(outer: Outer): number {
    return this.#queues.get(outer)?.size ?? 0;
  }

  add(outer: Outer, inner: Inner, item: Item): void {
    const queue = this.#queues.get(outer) ?? new FairQueue<Inner, Item>();
    this.#queues.set(outer, queue);
    queue.add(inner, item);
    this.#size++;
  }

  /** Removes an item. Returns whether it was in the queue. */
  remove(outer: Outer, inner: Inner, item: Item): boolean {
    const queue = this.#queues.get(outer);
    if (!queue?.remove(inner, item)) return false;
    if (queue.size === 0) this.#queues.delete(outer);
    this.#size--;
    return true;
  }

  /** Removes the next item and returns it; undefined if the queue is empty. */
  take(): Item | undefined {
    for (const [outer, queue] of this.#queues) {
      const item = queue.take();
      this.#queues.delete(outer);
      if (queue.size > 0) this.#queues.set(outer, queue); // moves the key to the end
      this.#size--;
      return item;
    }
    return undefined;
  }
}
