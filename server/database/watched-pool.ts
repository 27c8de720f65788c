import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { Turns } from '../concurrency/turns.js';
import { UnavailableError } from '../unavailable-error.js';
import { cancelSignal, requestCancel } from './cancellation.js';
import { connectionTo, destroyConnection, patience, prepareSession } from './connection.js';
import { asDatabaseError, databaseOutageOf } from './database-outage.js';

/** How often the connections are checked, in milliseconds. */
const LOOK_MS = 500;
/** If a statement has had no response for this long, a new connection checks whether Postgres is reachable. */
const SUSPICIOUS_MS = 1_500;
/** Time limit for the probe to connect and get a response. */
const PROBE_MS = 3_500;
/** Time limit of a probe while Postgres is known to be unavailable, so that its return is noticed soon, and the pause between probes. */
const RETURN_PROBE_MS = 2_000;
const RETURN_PAUSE_MS = 250;
/** After this time, a statement that Postgres is not working on is considered lost. */
const LOST_MS = 5_000;
/** A connection that is silent for longer is closed. A statement takes at most a minute (see connection.ts). */
const LONGEST_SILENCE_MS = 75_000;
/** Time limit for a connection of the pool to become free. */
const WAIT_MS = 15_000;
/** The share of the connections that queries may use at the same time. The others are kept for classifications and changes. */
const SHARE_OF_QUERIES = 0.3;
/** Connections that one query uses at the same time, however many lists it reads. */
const MOST_OF_ONE_QUERY = 2;
/** Connections are replaced after this time, in seconds, which frees the memory that Postgres keeps for them. */
const LIFETIME_S = 3_600;

/** The pool awaits the promise that `onConnect` returns, which its types do not declare. */
interface PoolOptions extends Omit<pg.PoolConfig, 'onConnect'> {
  onConnect: (client: pg.ClientBase) => Promise<void>;
}

/** State of a connection that is running a statement. */
interface Busy {
  /** When the statement was first seen, or when Postgres last sent data; on the clock of `performance`. */
  since: number;
  bytesRead: number;
}

/**
 * A connection pool that detects when Postgres, or the network path to it, stops responding, for which TCP alone takes a quarter of
 * an hour. If a statement gets no response, the pool probes Postgres over a new connection. If the probe gets no response either,
 * all connections are destroyed, so that their statements fail, and callers immediately get an UnavailableError until Postgres
 * responds again. If Postgres responds that it is not working on the statement, only that connection is destroyed.
 * A statement that is merely slow is not affected.
 */
export class WatchedPool extends pg.Pool {
  readonly #url: string;
  readonly #log: Logger | null;
  readonly #clients = new Map<pg.Client, Busy | null>();
  /** The `reject` functions of callers that wait for a connection. */
  readonly #waiting = new Set<(error: UnavailableError) => void>();
  /** Of queries, which are what can be cancelled; each is known by its signal. */
  readonly #turns: Turns<AbortSignal>;
  #looking: NodeJS.Timeout | null = null;
  #probing = false;
  #isAway = false;

  constructor(url: string, connections: number, log: Logger | null = null) {
    const settings = connectionTo(url);
    const options: PoolOptions = {
      ...settings,
      onConnect: prepareSession,
      max: connections,
      connectionTimeoutMillis: WAIT_MS,
      maxLifetimeSeconds: LIFETIME_S,
      Client: class extends pg.Client {
        constructor() {
          super(settings); // with a shorter time limit for connecting than the pool's limit for waiting
        }
      },
    };
    super(options);
    this.#url = url;
    this.#log = log;
    const atOnce = Math.max(1, Math.floor(connections * SHARE_OF_QUERIES));
    this.#turns = new Turns({ atOnce, ofOneKey: MOST_OF_ONE_QUERY });
    // A connection that breaks is replaced by the next query; without a listener it would end the process.
    this.on('error', () => undefined);
    this.setMaxListeners(0); // one of each connection that is in use
    this.on('connect', (client) => this.#add(client));
    this.on('remove', (client) => this.#remove(client));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(
    callback: (
      error: Error | undefined,
      client: pg.PoolClient | undefined,
      done: (release?: Error | boolean) => void,
    ) => void,
  ): void;
  override connect(
    callback?: (
      error: Error | undefined,
      client: pg.PoolClient | undefined,
      done: (release?: Error | boolean) => void,
    ) => void,
  ): Promise<pg.PoolClient> | undefined {
    const connecting = this.#connect();
    if (!callback) return connecting;
    connecting.then(
      (client) => callback(undefined, client, (error) => client.release(error)),
      (error: unknown) =>
        callback(error instanceof Error ? error : new Error(String(error)), undefined, () => {}),
    );
    return undefined;
  }

  /** Ends the pool, destroying the connections that have not ended within `milliseconds`. */
  async endWithin(milliseconds: number): Promise<void> {
    if (this.ending) return;
    const timer = setTimeout(() => this.#destroyAll(), milliseconds);
    await this.end();
    clearTimeout(timer);
  }

  async #connect(): Promise<pg.PoolClient> {
    const signal = cancelSignal();
    return signal ? this.#connectQuery(signal) : this.#connectNow();
  }

  /** A connection for a statement of a query, which is cancelled when `signal` aborts. */
  async #connectQuery(signal: AbortSignal): Promise<pg.PoolClient> {
    const endTurn = await this.#turns.take(signal, signal);
    try {
      const client = await this.#connectNow();
      if (signal.aborted) client.release();
      signal.throwIfAborted();
      const cancel = () => {
        if (!(client instanceof pg.Client)) return;
        requestCancel(client);
        destroyConnection(client);
      };
      const finish = (_error: unknown, released: unknown) => {
        if (released !== client) return;
        signal.removeEventListener('abort', cancel);
        this.off('release', finish);
        endTurn();
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.on('release', finish);
      return client;
    } catch (error) {
      endTurn();
      throw error;
    }
  }

  async #connectNow(): Promise<pg.PoolClient> {
    if (this.#isAway) throw new UnavailableError('database', 'unreachable');
    const connecting = super.connect();
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      connecting.then(
        (client) => {
          if (this.#waiting.delete(reject)) resolve(client);
          else client.release();
        },
        (error: unknown) => {
          this.#waiting.delete(reject);
          if (databaseOutageOf(error) === 'unreachable') void this.#probe();
          reject(asDatabaseError(error));
        },
      );
    });
  }

  #add(client: pg.Client): void {
    this.#clients.set(client, null);
    this.#looking ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #remove(client: pg.Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0 || !this.#looking) return;
    clearInterval(this.#looking);
    this.#looking = null;
  }

  #look(): void {
    const now = performance.now();
    let longest = 0;
    for (const [client, before] of this.#clients) {
      const bytesRead = bytesReadBy(client);
      const goesOn = before?.bytesRead === bytesRead;
      const busy = !isBusy(client) ? null : goesOn ? before : { since: now, bytesRead };
      this.#clients.set(client, busy);
      const silentFor = busy ? now - busy.since : 0;
      if (silentFor > LONGEST_SILENCE_MS) destroyConnection(client);
      longest = Math.max(longest, silentFor);
    }
    if (longest >= SUSPICIOUS_MS) void this.#probe();
  }

  /** Checks whether Postgres responds over a new connection. If not, the database is unavailable until it responds. */
  async #probe(): Promise<void> {
    if (this.#probing || this.#isAway || this.ending) return;
    this.#probing = true;
    try {
      const silent = [...this.#clients].filter(([client, busy]) => busy && isBusy(client));
      const lost = await this.#ask(
        PROBE_MS,
        silent.map(([client]) => processIdOf(client)),
      );
      for (const [client, busy] of silent) {
        const isStill = busy && this.#clients.get(client) === busy && isBusy(client);
        if (isStill && performance.now() - busy.since >= LOST_MS && lost.has(processIdOf(client))) {
          this.#log?.warn('A statement to the database or its response was lost; its connection is closed.');
          destroyConnection(client);
        }
      }
    } catch (error) {
      void this.#awaitReturn(error);
    } finally {
      this.#probing = false;
    }
  }

  async #awaitReturn(reason: unknown): Promise<void> {
    this.#isAway = true;
    const since = performance.now();
    this.#log?.error(
      { err: reason },
      'The database is not responding. Requests fail until it responds again.',
    );
    for (const reject of this.#waiting)
      reject(new UnavailableError('database', 'unreachable', { cause: reason }));
    this.#waiting.clear();
    this.#destroyAll();
    while (!this.ending) {
      try {
        await this.#ask(RETURN_PROBE_MS, []);
        break;
      } catch {
        await sleep(RETURN_PAUSE_MS, null, { ref: false });
      }
    }
    this.#isAway = false;
    const seconds = Math.round((performance.now() - since) / 1000);
    if (!this.ending) this.#log?.info(`The database is responding again after ${seconds} s.`);
  }

  /**
   * Asks Postgres, over a new connection, which of these sessions it is not running a statement for.
   * @throws Error if there is no response within `milliseconds`. A refusal (too many connections) counts as a response.
   */
  async #ask(milliseconds: number, processIds: number[]): Promise<Set<number>> {
    const client = new pg.Client({
      ...connectionTo(this.#url, 'cytograph: probe'),
      connectionTimeoutMillis: 0, // `milliseconds` limits connecting and the query together
    });
    client.on('error', () => {});
    const asking = async () => {
      await client.connect();
      const { rows } = await client.query<{ own: number; idle: number[] }>(
        `SELECT pg_backend_pid() AS own, array(
           SELECT asked FROM unnest($1::int[]) AS asked WHERE NOT EXISTS (
             SELECT FROM pg_stat_activity WHERE pid = asked AND state = 'active'
           )) AS idle`,
        [processIds],
      );
      // A pooler in between uses its own numbers, which cannot be compared.
      return new Set(rows[0]?.own === processIdOf(client) ? rows[0].idle : []);
    };
    const answer = asking();
    try {
      const idle = await Promise.race([answer, patience(milliseconds)]);
      if (idle === 'expired') throw new Error(`There was no answer within ${milliseconds} ms.`);
      return idle;
    } catch (error) {
      if (error instanceof pg.DatabaseError) return new Set();
      throw error;
    } finally {
      answer.catch(() => {});
      destroyConnection(client);
    }
  }

  #destroyAll(): void {
    for (const client of this.#clients.keys()) destroyConnection(client);
  }
}

// Facts about a connection that the driver has, but its types do not declare.

/** Whether the connection is running a statement. */
function isBusy(client: pg.Client): boolean {
  return Reflect.get(client, 'readyForQuery') === false;
}

/** The number of the Postgres process that serves the session. */
function processIdOf(client: pg.Client): number {
  return Number(Reflect.get(client, 'processID'));
}

function bytesReadBy(client: pg.Client): number {
  return Number(Reflect.get(client.connection.stream, 'bytesRead'));
}
