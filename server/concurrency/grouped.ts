import { UnavailableError } from '../unavailable-error.js';
import { within } from './within.js';

/** Processes a group of items with one database statement. Returns the results in the order of the items. */
type RunGroup<Item, Result> = (items: readonly Item[]) => Promise<readonly Result[]>;

const LARGEST_GROUP = 100;
/** Longer than the timeouts of single statements (statement.ts, watched-pool.ts): this one only keeps a group from blocking the next forever. */
const TIMEOUT_MS = 20_000;

/**
 * Returns a function that processes one item, and groups the items of concurrent callers: an item that finds nothing running
 * is processed at once, alone; items that arrive while a group runs form the next group, of at most 100. A single request is
 * never delayed, and the busier the server is, the more requests share a statement and a commit.
 *
 * @param run processes a group. When it rejects, every item of the group fails.
 * @param isItemFault whether an error of `run` was caused by one of the items. Each item of the group is then retried alone, so
 *   that a faulty item fails without the others. Default: never.
 * @param timeoutMs a group that takes longer fails with {@link UnavailableError}, and the next group starts. Default: 20,000.
 */
export function grouped<Item, Result>(
  run: RunGroup<Item, Result>,
  isItemFault: (error: unknown) => boolean = () => false,
  timeoutMs = TIMEOUT_MS,
): (item: Item) => Promise<Result> {
  const waiting: WaitingItem<Item, Result>[] = [];
  let running = false;

  async function runAll(): Promise<void> {
    running = true;
    while (waiting.length > 0) await runGroup(waiting.splice(0, LARGEST_GROUP));
    running = false;
  }

  async function runGroup(group: readonly WaitingItem<Item, Result>[]): Promise<void> {
    try {
      const items = group.map(({ item }) => item);
      const results = await within(timeoutMs, run(items), databaseUnreachable);
      if (results.length !== group.length)
        throw new Error(`A group of ${group.length} items got ${results.length} results.`);
      results.forEach((result, index) => group[index]?.resolve(result));
    } catch (error) {
      if (group.length === 1 || !isItemFault(error)) for (const { reject } of group) reject(error);
      else for (const single of group) await runGroup([single]);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void runAll();
    });
}

interface WaitingItem<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

function databaseUnreachable(): UnavailableError {
  return new UnavailableError('database', 'unreachable');
}
