import { setTimeout as sleep } from 'node:timers/promises';
import { type SiteLimits, visibleSites } from '../../api/visible-sites.js';
import type { Database } from '../../database/client.js';
import type { Events } from '../../database/events.js';
import { type PredictionChangeRow, lastCursor, readChanges } from './list-prediction-changes.js';

/** Changes read at a time. */
const PAGE = 100;
/**
 * A change is listed once earlier transactions have ended, and there is no event for their end. So the changes are read again
 * after pauses that grow from the first to the second of these, in milliseconds, and start again with each event.
 */
const [SHORTEST_PAUSE, LONGEST_PAUSE] = [20, 1_000];

/** Follows the changes of the history for any number of subscribers of this process. */
export class PredictionChangeFeed {
  readonly #database: Database;
  /** Pages being read, by the cursor that they follow and the sites: subscribers at the same place share one. */
  readonly #reads = new Map<string, Promise<PredictionChangeRow[]>>();
  /** Ends the pauses of all subscribers. */
  #wake = new AbortController();

  constructor(database: Database, events: Pick<Events, 'on' | 'onReconnect'>) {
    this.#database = database;
    const wake = () => {
      this.#wake.abort();
      this.#wake = new AbortController();
    };
    events.on('predictions-changed', wake);
    events.onReconnect(wake);
  }

  /**
   * Yields every change after a cursor, at the sites that the user sees, first those that exist and then each new one, until `signal` aborts.
   * @param cursor null: changes from now on
   * @throws BAD_USER_INPUT for a cursor of another list
   */
  async *follow(
    cursor: string | null,
    limits: SiteLimits,
    signal: AbortSignal,
  ): AsyncGenerator<PredictionChangeRow, undefined> {
    let after = cursor ?? (await lastCursor(this.#database, limits));
    let pause = SHORTEST_PAUSE;
    while (!signal.aborted) {
      const woken = this.#wake.signal;
      const changes = await this.#read(after, limits);
      for (const change of changes) {
        yield change;
        after = change.cursor;
      }
      if (changes.length > 0) pause = SHORTEST_PAUSE;
      if (changes.length === PAGE) continue;
      await sleep(pause, null, { signal: AbortSignal.any([woken, signal]) }).catch(() => {});
      pause = woken.aborted ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  async #read(cursor: string, limits: SiteLimits): Promise<PredictionChangeRow[]> {
    const page = { size: PAGE, backward: false, cursor };
    const key = JSON.stringify([cursor, visibleSites(limits)]);
    const read =
      this.#reads.get(key) ??
      readChanges(this.#database, page, limits).finally(() => this.#reads.delete(key));
    this.#reads.set(key, read);
    return (await read).slice(0, PAGE);
  }
}
