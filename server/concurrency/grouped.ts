import type { Database } from '../database/client.js';
import { UnavailableError } from '../unavailable-error.js';
import { within } from './within.js';

/** Does for many items what it does for one, in one journey to the database; the results are in the order of the items. */
type RunGroup<Item, Result> = (database: Database, items: readonly Item[]) => Promise<readonly Result[]>;

// One line a function and database: what waits there belongs to requests that know nothing of each other.
const linesOfDatabase = new WeakMap<Database, Map<unknown, unknown>>();

const LARGEST_GROUP = 100;
/** What a group waits for has ended before (see statement.ts and watched-pool.ts); a line is never to wait for ever. */
const PATIENCE_MS = 20_000;

/**
 * Hands an item to `run`, together with those of other requests. An item that finds nothing under way goes at once and
 * alone; what comes meanwhile waits, and goes together as soon as that is done. So a lone request waits for nothing, and the
 * busier the server, the more items share a journey to the database, and a commit. `run` must be a module's own function: it
 * is the identity of the line.
 *
 * Where `run` rejects, with `isItems` saying that an item was at fault, each item of the group goes again and alone: a faulty
 * one fails nobody but itself. A group that has come to nothing after 20 s fails as UNAVAILABLE, and the line goes on without it.
 */
export function grouped<Item, Result>(
  database: Database,
  run: RunGroup<Item, Result>,
  isItems: (error: unknown) => boolean = () => false,
  patienceMs = PATIENCE_MS,
): (item: Item) => Promise<Result> {
  let lines = linesOfDatabase.get(database);
  if (!lines) linesOfDatabase.set(database, (lines = new Map()));
  const known = lines.get(run);
  // The map is keyed by the very function that fixes both types.
  if (known) return known as (item: Item) => Promise<Result>;
  const line = inLine(
    (items: readonly Item[]) => within(patienceMs, run(database, items), noAnswer),
    isItems,
  );
  lines.set(run, line);
  return line;
}

function noAnswer(): UnavailableError {
  return new UnavailableError('database', 'unreachable');
}

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

function inLine<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  isItems: (error: unknown) => boolean,
): (item: Item) => Promise<Result> {
  const line: Waiting<Item, Result>[] = [];
  let running = false;

  async function runAll(): Promise<void> {
    running = true;
    while (line.length > 0) await runGroup(line.splice(0, LARGEST_GROUP));
    running = false;
  }

  async function runGroup(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(group.map(({ item }) => item));
      if (results.length !== group.length)
        throw new Error(`${results.length} results of ${group.length} items`);
      results.forEach((result, index) => group[index]?.resolve(result));
    } catch (error) {
      if (group.length === 1 || !isItems(error)) for (const { reject } of group) reject(error);
      else for (const waiting of group) await runGroup([waiting]);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      line.push({ item, resolve, reject });
      if (!running) void runAll();
    });
}
