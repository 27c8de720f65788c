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
  z.object({ type: z.literal('fit-changed'), id: z.string() }),
  z.object({ type: z.literal('champion-changed'), modelName: z.string() }),
  z.object({ type: z.literal('predictions-changed') }), // sent by the triggers that write "PredictionChange"
  z.object({ type: z.literal('snapshot-changed'), id: z.string() }),
  /** `id`: the audit event of the erasure. */
  z.object({ type: z.literal('case-erased'), id: z.string() }),
]);

export type DomainEvent = z.infer<typeof domainEvent>;
export type EventType = DomainEvent['type'];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;

const CHANNEL = 'cytograph';
const LONGEST_PAUSE_MS = 2000;

/** Publishes an event. In a transaction, it is sent when the transaction commits, and not sent if it rolls back. */
export async function publish(transaction: DatabaseOrTransaction, event: DomainEvent): Promise<void> {
  await transaction.$executeRaw`SELECT pg_notify(${CHANNEL}, ${JSON.stringify(event)})`;
}

export interface Events {
  /** Calls `handler` for each event of one type. All handlers get the same object. Returns a function that unsubscribes. */
  on<T extends EventType>(type: T, handler: (event: EventOf<T>) => void): () => void;
  /**
   * Calls `handler` whenever the connection is restored and events may have been lost. All handlers get the same object, as they do
   * for an event. Returns a function that unsubscribes.
   */
  onReconnect(handler: (reconnection: object) => void): () => void;
  /** Ends the connection. */
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

  async close(): Promise<void> {
    this.#closing.abort();
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
