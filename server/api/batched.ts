import DataLoader from 'dataloader';
import type { Pace } from '../concurrency/pace.js';
import type { Database } from '../database/client.js';
import { NO_SITES, type SiteLimits, visibleSites } from './visible-sites.js';

type Load<Key, Value> = (
  database: Database,
  keys: readonly Key[],
  limits: SiteLimits,
) => Promise<Map<Key, Value>>;

/** One loader for each function that loads. */
type Loaders = Map<unknown, unknown>;

// A request reads each row once.
const loadersOfRequest = new WeakMap<object, Loaders>();
// All subscriptions that an event reaches, of viewers who see the same sites, read each row once.
const loadersOfEvent = new WeakMap<object, Map<string, Loaders>>();

/**
 * Collects the keys that a request needs within one tick into one call of `load`, and caches the results for the rest of the request.
 * `load` gets the sites that the viewer sees, and must not return rows of other sites.
 * `load` must be a function declared in a module, because it identifies the batch.
 */
export function batched<Key, Value>(
  context: { database: Database; viewer: SiteLimits | null; pace?: Pace },
  load: Load<Key, Value>,
): DataLoader<Key, Value | null> {
  let loaders = loadersOfRequest.get(context);
  if (!loaders) loadersOfRequest.set(context, (loaders = new Map()));
  const known = loaders.get(load);
  // The map's key is the function that determines both types.
  if (known) return known as DataLoader<Key, Value | null>;
  const loadAll = async (keys: readonly Key[]) => {
    const found = await load(context.database, keys, context.viewer ?? NO_SITES);
    return keys.map((key) => found.get(key) ?? null);
  };
  const loader = new DataLoader<Key, Value | null>(loadAll, {
    batchScheduleFn: (dispatch) => afterThisTick(() => whenNoneWaits(context, dispatch)),
  });
  loaders.set(load, loader);
  return loader;
}

/** Calls `work` after everything that the current tick resolves, as DataLoader does without a `batchScheduleFn`. */
function afterThisTick(work: () => void): void {
  void Promise.resolve().then(() => process.nextTick(work));
}

/** Calls `dispatch` when no part of the request waits that may need further keys. */
function whenNoneWaits(context: { pace?: Pace }, dispatch: () => void): void {
  if (context.pace?.isWaiting(context)) setImmediate(() => whenNoneWaits(context, dispatch));
  else dispatch();
}

/** Clears the cache of a request, before a mutation's result is read. */
export function forgetBatches(context: { database: Database }): void {
  loadersOfRequest.delete(context);
}

/**
 * Replaces the cache of a subscription, whose request lasts for many events, with one that is shared by all subscriptions that the
 * same event reaches. `event` is the object that they receive. The rows depend on nothing of a viewer but the sites that the
 * viewer sees; resolvers check the rest.
 */
export function shareBatches(
  context: { database: Database; viewer: SiteLimits | null },
  event: object,
): void {
  const sites = JSON.stringify(visibleSites(context.viewer ?? NO_SITES));
  const bySites = loadersOfEvent.get(event) ?? new Map<string, Loaders>();
  const loaders = bySites.get(sites) ?? new Map();
  loadersOfEvent.set(event, bySites.set(sites, loaders));
  loadersOfRequest.set(context, loaders);
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
