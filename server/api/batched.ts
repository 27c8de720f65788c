import DataLoader from 'dataloader';
import type { Database } from '../database/client.js';

type Load<Key, Value> = (database: Database, keys: readonly Key[]) => Promise<Map<Key, Value>>;

// One loader for each function in each request: a request reads each row once.
const loadersOfRequest = new WeakMap<object, Map<unknown, unknown>>();

/**
 * Collects the keys that a request needs within one tick into one call of `load`, and caches the results for the rest of the request.
 * `load` must be a function declared in a module, because it identifies the batch.
 */
export function batched<Key, Value>(
  context: { database: Database },
  load: Load<Key, Value>,
): DataLoader<Key, Value | null> {
  let loaders = loadersOfRequest.get(context);
  if (!loaders) loadersOfRequest.set(context, (loaders = new Map()));
  const known = loaders.get(load);
  // The map's key is the function that determines both types.
  if (known) return known as DataLoader<Key, Value | null>;
  const loader = new DataLoader<Key, Value | null>(async (keys) => {
    const found = await load(context.database, keys);
    return keys.map((key) => found.get(key) ?? null);
  });
  loaders.set(load, loader);
  return loader;
}

/**
 * Clears the cache of a request: before a mutation's result is read, and for each event of a subscription, whose request
 * lasts for many events.
 */
export function forgetBatches(context: { database: Database }): void {
  loadersOfRequest.delete(context);
}

/** Groups rows by key, for a `load` that finds several rows for each key. Keeps the order of the rows. */
export function rowsByKey<Key, Row>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const byKey = new Map<Key, Row[]>();
  for (const row of rows) {
    const known = byKey.get(keyOf(row));
    if (known) known.push(row);
    else byKey.set(keyOf(row), [row]);
  }
  return byKey;
}
