/** A queue that is first in, first out for each key, and serves the keys in turn: many items of one key do not delay those of another. */
export class FairQueue<Key, Item> {
  /** The items of each key that has some, in the order in which the keys are served. */
  readonly #itemsByKey = new Map<Key, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
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
    for (const [key, items] of this.#itemsByKey) {
      for (const item of items) {
        this.remove(key, item);
        if (this.#itemsByKey.delete(key)) this.#itemsByKey.set(key, items); // moves the key to the end
        return item;
      }
    }
    return undefined;
  }
}
