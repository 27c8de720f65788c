import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { DatabaseOrTransaction } from './client.js';
import { connectionTo, endConnection, watchConnection } from './connection.js';

// Events for all processes that share the database, sent with Postgres's NOTIFY. An event only names what to read again, so a lost
// event (while a listener is disconnected) only causes a delay; `onReconnect` reports when to read everything again.

const domainEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('training-run-changed'), id: z.string() }),
  z.object({ type: z.literal('bulk-classification-changed'), id: z.string() }),
  z.object({ type: z.literal('evaluation-changed'), id: z.string() }),
  z.object({ type: z.literal('champion-changed'), modelName: z.string() }),
  // Earlier releases send no site.
  z.object({
    type: z.literal('prediction-created'),
    id: z.string(),
    siteId: z.string().nullable().default(null),
  }),
  z.object({ type: z.literal('predictions-changed') }), // sent by the triggers that write "PredictionChange"
  z.object({ type: z.literal('snapshot-changed'), id: z.string() }),
  /** `id`: the audit event of the erasure. */
  z.object({ type: z.literal('case-erased'), id: z.string() }),
]);

export type DomainEvent = z.infer<typeof domainEvent>;
export type EventType = DomainEvent['type'];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;

const CHANNEL = 'cytograph';
/** The maximum number of queued events of a slow subscriber. Beyond it, the oldest are dropped. */
const LONGEST_QUEUE = 1000;
const LONGEST_PAUSE_MS = 2000;

/** Publishes an event. In a transaction, it is sent when the transaction commits, and not sent if it rolls back. */
export async function publish(transaction: DatabaseOrTransaction, event: DomainEvent): Promise<void> {
  await transaction.$executeRawUnsafe(notifications('$1'), payloadsOf([event]));
}

/**
 * SQL that publishes any number of events, one row each, for operations that consist of a single statement.
 * @param parameter the placeholder of `payloadsOf(events)`, such as '$1'
 */
export function notifications(parameter: string): string {
  return `SELECT pg_notify('${CHANNEL}', payload) FROM unnest(${parameter}::text[]) AS payload`;
}

export function payloadsOf(events: readonly DomainEvent[]): string[] {
  return events.map((event) => JSON.stringify(event));
}

export interface Events {
  /**
   * Yields the events of one type from now on, until the iterator's `return` or `close` is called.
   * @param isWanted leaves out the events for which it is false. Default: all events
   */
  subscribe<T extends EventType>(
    type: T,
    isWanted?: (event: EventOf<T>) => boolean,
  ): AsyncIterableIterator<EventOf<T>>;
  /** Calls `handler` for each event of one type. All handlers get the same object. Returns a function that unsubscribes. */
  on<T extends EventType>(type: T, handler: (event: EventOf<T>) => void): () => void;
  /**
   * Calls `handler` whenever the connection is restored and events may have been lost. All handlers get the same object, as they do
   * for an event. Returns a function that unsubscribes.
   */
  onReconnect(handler: (reconnection: object) => void): () => void;
  /** Ends every subscription and the connection. */
  close(): Promise<void>;
}

/**
 * Listens on a separate connection, which is reopened whenever it breaks or stops responding.
 * @throws Error if the first connection fails
 */
export async function openEvents(url: string, log: Logger): Promise<Events> {
  const listener = new Listener(url, log);
  await listener.connect();
  return listener;
}

class Listener implements Events {
  readonly #url: string;
  readonly #log: Logger;
  readonly #handlers = new Set<(event: DomainEvent) => void>();
  readonly #reconnectHandlers = new Set<(reconnection: object) => void>();
  readonly #subscriptions = new Set<{ return(): Promise<unknown> }>();
  readonly #closing = new AbortController();
  #client: pg.Client | null = null;

  constructor(url: string, log: Logger) {
    this.#url = url;
    this.#log = log;
  }

  async connect(): Promise<void> {
    const client = new pg.Client(connectionTo(this.#url, 'cytograph: events'));
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
    client.on('error', (error) => this.#log.warn({ err: error }, 'The connection for events broke.'));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      await endConnection(client);
      throw error;
    }
    if (this.#isClosing()) return endConnection(client);
    this.#client = client;
    watchConnection(client);
    client.once('end', () => void this.#reconnect());
  }

  async #reconnect(): Promise<void> {
    this.#client = null;
    for (let pause = 100; !this.#isClosing(); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        await sleep(pause, null, { signal: this.#closing.signal });
        await this.connect();
        this.#log.info('The connection for events is back.');
        const reconnection = {};
        this.#call([...this.#reconnectHandlers].map((handler) => () => handler(reconnection)));
        return;
      } catch (error) {
        if (!this.#isClosing()) this.#log.debug({ err: error }, 'No connection for events yet.');
      }
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  #receive(payload: string): void {
    const event = domainEvent.safeParse(parseJson(payload));
    // A newer release may send events that this release does not know.
    if (!event.success) return this.#log.debug({ payload }, 'An event of an unknown kind came.');
    this.#call([...this.#handlers].map((handler) => () => handler(event.data)));
  }

  /** Calls every handler, even if one of them throws. */
  #call(handlers: (() => void)[]): void {
    for (const handler of handlers)
      try {
        handler();
      } catch (error) {
        this.#log.error({ err: error }, 'A handler of events failed.');
      }
  }

  on<T extends EventType>(type: T, handler: (event: EventOf<T>) => void): () => void {
    const filtered = (event: DomainEvent) => {
      if (isOfType(event, type)) handler(event);
    };
    this.#handlers.add(filtered);
    return () => this.#handlers.delete(filtered);
  }

  onReconnect(handler: (reconnection: object) => void): () => void {
    this.#reconnectHandlers.add(handler);
    return () => this.#reconnectHandlers.delete(handler);
  }

  subscribe<T extends EventType>(
    type: T,
    isWanted: (event: EventOf<T>) => boolean = () => true,
  ): AsyncIterableIterator<EventOf<T>> {
    const subscription = new Subscription<EventOf<T>>(() => {
      unsubscribe();
      this.#subscriptions.delete(subscription);
    });
    const unsubscribe = this.on(type, (event) => {
      if (isWanted(event)) subscription.push(event);
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const subscription of this.#subscriptions) await subscription.return();
    if (this.#client) await endConnection(this.#client);
  }
}

function isOfType<T extends EventType>(event: DomainEvent, type: T): event is EventOf<T> {
  return event.type === type;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A queue between incoming events and a consumer. An event that is already queued is not queued again. */
class Subscription<E> implements AsyncIterableIterator<E> {
  readonly #onEnd: () => void;
  readonly #waiting = new Map<string, E>();
  #pending: ((result: IteratorResult<E, undefined>) => void)[] = [];
  #ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(event: E): void {
    const ask = this.#pending.shift();
    if (ask) return ask({ done: false, value: event });
    this.#waiting.set(JSON.stringify(event), event);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > LONGEST_QUEUE && oldest !== undefined) this.#waiting.delete(oldest);
  }

  async next(): Promise<IteratorResult<E, undefined>> {
    for (const [key, event] of this.#waiting) {
      this.#waiting.delete(key);
      return { done: false, value: event };
    }
    if (this.#ended) return { done: true, value: undefined };
    return new Promise((resolve) => this.#pending.push(resolve));
  }

  async return(): Promise<IteratorResult<E, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#waiting.clear();
      for (const ask of this.#pending.splice(0)) ask({ done: true, value: undefined });
      this.#onEnd();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
