/** First in, first out within each key, and the keys take turns: many of one key do not hold up those of another. */
export class FairQueue<Key, Item> {
  /** In the order of their turns; none is empty. */
  readonly #lines = new Map<Key, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(key: Key, item: Item): void {
    const line = this.#lines.get(key) ?? new Set();
    this.#lines.set(key, line.add(item));
    this.#size++;
  }

  /** Whether it was in the queue. */
  remove(key: Key, item: Item): boolean {
    const line = this.#lines.get(key);
    if (!line?.delete(item)) return false;
    if (line.size === 0) this.#lines.delete(key);
    this.#size--;
    return true;
  }

  /** The next one, which leaves the queue; undefined when it is empty. */
  take(): Item | undefined {
    for (const [key, line] of this.#lines) {
      for (const item of line) {
        this.remove(key, item);
        if (this.#lines.delete(key)) this.#lines.set(key, line); // to the end: it has had its turn
        return item;
      }
    }
    return undefined;
  }
}
