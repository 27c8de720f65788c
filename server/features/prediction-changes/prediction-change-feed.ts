import { once } from 'node:events';
import type { Replay } from '../../api/request-limits.js';
import { type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import { cutShort } from '../../concurrency/cut-short.js';
import type { Database } from '../../database/client.js';
import type { Events } from '../../database/events.js';
import { unavailableOf } from '../../outages/unavailable-of.js';
import { loadPredictions, type PredictionRow } from '../predictions/load-predictions.js';
import { matchPredictions } from '../predictions/match-predictions.js';
import type { PredictionFilter } from '../predictions/types.js';
import type { Place } from './change-cursor.js';
import { type PlacedChange, type PredictionChangeRow, readChanges } from './list-prediction-changes.js';

/** Changes read at a time. */
const PAGE = 100;
/**
 * A change is listed once earlier transactions have ended, and there is no event for their end. So the changes are read again
 * after pauses that grow from the first to the second of these, in milliseconds, and start again with each event.
 */
const [SHORTEST_PAUSE, LONGEST_PAUSE] = [20, 1_000];
/** A page that was read longer ago than this, in milliseconds, is read again before more of it is sent: a case may have been erased. */
const FRESH = 500;

/** What a subscriber follows. */
export interface Following {
  /** Changes after this place. */
  from: Place;
  /** Whether there may be many changes already, which are read page after page within the limits of the caller. */
  isReplay: boolean;
  replay: Replay;
  filter: PredictionFilter | null;
  /** The sites that the user sees. */
  limits: SiteLimits;
  /** Ends it. */
  signal: AbortSignal;
}

/** Makes what subscribers receive from changes that follow each other: one item for each change, null for none. */
type Select<Item> = (
  database: Database,
  changes: readonly PlacedChange[],
  following: Pick<Following, 'filter' | 'limits'>,
) => Promise<(Item | null)[]>;

interface FeedPage<Item> {
  changes: readonly PlacedChange[];
  /** What subscribers receive of each of these changes. */
  items: readonly (Item | null)[];
  /** By `performance.now()`. */
  readAt: number;
  /** The place of the last change; null if there was none. */
  end: Place | null;
  /** Whether more changes follow. */
  isFull: boolean;
}

/** Follows the changes of the history for any number of subscribers of this process. */
export class PredictionChangeFeed {
  readonly #database: Database;
  /** Pages being read, by what they contain: subscribers at the same place share one. */
  readonly #reads = new Map<string, Promise<FeedPage<unknown> | null>>();
  /** Ends the pauses of all subscribers, so that those at the same place read together. */
  #wake = new AbortController();
  #pause = SHORTEST_PAUSE;
  #timer: NodeJS.Timeout | null = null;

  constructor(database: Database, events: Pick<Events, 'on' | 'onReconnect'>) {
    this.#database = database;
    const changed = () => {
      this.#pause = SHORTEST_PAUSE;
      this.#wakeAll();
    };
    events.on('predictions-changed', changed);
    events.onReconnect(changed);
  }

  /**
   * Yields every change, first those that exist and then each new one, until the signal aborts. With a filter, changes of predictions
   * that do not match it are left out; changes of erased predictions remain, because a filter cannot be applied to them, and so do
   * moves, even if the filter names a case: a prediction that has left the case no longer matches.
   */
  changes(following: Following): AsyncGenerator<PredictionChangeRow, undefined> {
    return this.#follow(selectChanges, following);
  }

  /** Yields the predictions that match the filter, in the order in which they became visible, without those erased since. */
  predictions(following: Following): AsyncGenerator<PredictionRow, undefined> {
    return this.#follow(selectPredictions, following);
  }

  #follow<Item>(select: Select<Item>, following: Following): AsyncGenerator<Item, undefined> {
    const left = new AbortController();
    const signal = AbortSignal.any([following.signal, left.signal]);
    const items = this.#items(select, { ...following, signal });
    // Without this, a generator that waits for the next item would end with that item only.
    const end = items.return.bind(items);
    items.return = (value) => {
      left.abort();
      return end(value);
    };
    return items;
  }

  async *#items<Item>(select: Select<Item>, following: Following): AsyncGenerator<Item, undefined> {
    const { replay, signal } = following;
    let { from, isReplay } = following;
    try {
      while (!signal.aborted) {
        const woken = this.#wake.signal;
        const read = () => this.#read(select, from, following);
        const page = await (isReplay ? cutShort(signal, replay.page(read)) : read());
        if (!page) {
          await this.#wait(woken, signal);
          continue;
        }
        let { items, readAt } = page;
        for (let index = 0; index < page.changes.length; index++) {
          if (!items[index]) continue;
          if (isReplay) await cutShort(signal, replay.event());
          if (performance.now() - readAt >= FRESH) {
            readAt = performance.now();
            items = await select(this.#database, page.changes, following);
          }
          const item = items[index];
          if (item) yield item;
        }
        from = page.end ?? from;
        isReplay = page.isFull;
        if (!isReplay) await this.#wait(woken, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Reads the page after a place; null while the database is unavailable. */
  async #read<Item>(select: Select<Item>, from: Place, following: Following): Promise<FeedPage<Item> | null> {
    const { filter, limits } = following;
    const key = JSON.stringify([select.name, from, visibleSites(limits), filter]);
    const known = this.#reads.get(key);
    if (known) return known as Promise<FeedPage<Item> | null>; // the key has the function that determines the type
    const read = this.#readPage(select, from, following)
      .catch((error: unknown) => {
        if (unavailableOf(error)) return null;
        throw error;
      })
      .finally(() => this.#reads.delete(key));
    this.#reads.set(key, read);
    return read;
  }

  async #readPage<Item>(
    select: Select<Item>,
    from: Place,
    { filter, limits }: Following,
  ): Promise<FeedPage<Item>> {
    const found = await readChanges(this.#database, { size: PAGE, backward: false, from }, limits);
    const changes = found.slice(0, PAGE);
    const readAt = performance.now();
    const items = await select(this.#database, changes, { filter, limits });
    return { changes, items, readAt, end: changes.at(-1)?.at ?? null, isFull: found.length > PAGE };
  }

  /** Waits until `woken` aborts: after an event, or a pause. */
  async #wait(woken: AbortSignal, signal: AbortSignal): Promise<void> {
    if (woken.aborted || signal.aborted) return;
    this.#timer ??= this.#newTimer();
    await once(AbortSignal.any([woken, signal]), 'abort');
  }

  #newTimer(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
      this.#wakeAll();
    }, this.#pause).unref();
  }

  #wakeAll(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#wake.abort(null); // the default reason, an error with its stack, would be made for every prediction
    this.#wake = new AbortController();
  }
}

/** The changes whose predictions match, or were erased, or were moved and match without regard to the case. */
async function selectChanges(
  database: Database,
  changes: readonly PlacedChange[],
  { filter, limits }: Pick<Following, 'filter' | 'limits'>,
): Promise<(PredictionChangeRow | null)[]> {
  if (!filter) return [...changes];
  const withoutCase = Object.assign({}, filter, { caseId: null, caseReference: null, search: null });
  const [ofMoves, ofOthers] = await Promise.all([
    matchPredictions(database, idsOf(changes.filter(isMove)), withoutCase, limits),
    matchPredictions(database, idsOf(changes.filter((change) => !isMove(change))), filter, limits),
  ]);
  return changes.map((change) => {
    const matches = isMove(change) ? ofMoves : ofOthers;
    return (matches.get(change.predictionId) ?? true) ? change : null;
  });
}

const isMove = ({ kind }: PlacedChange) => kind === 'MOVED';
const idsOf = (changes: readonly PlacedChange[]) => changes.map(({ predictionId }) => predictionId);

/** The predictions that were created and match. */
async function selectPredictions(
  database: Database,
  changes: readonly PlacedChange[],
  { filter, limits }: Pick<Following, 'filter' | 'limits'>,
): Promise<(PredictionRow | null)[]> {
  const created = changes.flatMap(({ kind, predictionId }) => (kind === 'CREATED' ? [predictionId] : []));
  const matches = filter && (await matchPredictions(database, created, filter, limits));
  const wanted = matches ? created.filter((id) => matches.get(id)) : created;
  if (wanted.length === 0) return [];
  const rows = await loadPredictions(database, wanted, limits);
  return changes.map(({ kind, predictionId }) => (kind === 'CREATED' && rows.get(predictionId)) || null);
}
