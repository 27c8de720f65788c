import DataLoader from 'dataloader';
import type { Database } from '../database/client.js';

type Load<Key, Value> = (database: Database, keys: readonly Key[]) => Promise<Map<Key, Value>>;

// One loader a function and request: what a request has read once it reads as the same thing again.
const loadersOfRequest = new WeakMap<object, Map<unknown, unknown>>();

/**
 * Collects the keys asked for in one tick of a request into one call of `load`, and remembers the answers for the rest
 * of the request. `load` must be a module's own function: it is the identity of the batch.
 */
export function batched<Key, Value>(
  context: { database: Database },
  load: Load<Key, Value>,
): DataLoader<Key, Value | null> {
  let loaders = loadersOfRequest.get(context);
  if (!loaders) loadersOfRequest.set(context, (loaders = new Map()));
  const known = loaders.get(load);
  // The map is keyed by the very function that fixes both types.
  if (known) return known as DataLoader<Key, Value | null>;
  const loader = new DataLoader<Key, Value | null>(async (keys) => {
    const found = await load(context.database, keys);
    return keys.map((key) => found.get(key) ?? null);
  });
  loaders.set(load, loader);
  return loader;
}

/**
 * Forgets what a request has read: for a subscription, whose one request lives through many events and must read
 * afresh at each of them.
 */
export function forgetBatches(context: { database: Database }): void {
  loadersOfRequest.delete(context);
}

/** The answer of a `load` that finds many rows a key: the rows of each key, in the order they come in. */
export function rowsByKey<Key, Row>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
  const byKey = new Map<Key, Row[]>();
  for (const row of rows) {
    const known = byKey.get(keyOf(row));
    if (known) known.push(row);
    else byKey.set(keyOf(row), [row]);
  }
  return byKey;
}
