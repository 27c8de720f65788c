import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { type DomainEvent, type Events, openEvents, publish } from './events.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

const log = pino({ level: 'silent' });
const championOf = (modelName: string): DomainEvent => ({ type: 'champion-changed', modelName });

let test: TestDatabase;
let events: Events;

/** Returns a function that resolves with the next event of a type that it has not returned before. */
function heardBy(listener: Events, type: DomainEvent['type']): () => Promise<DomainEvent> {
  const heard: DomainEvent[] = [];
  listener.on(type, (event) => heard.push(event));
  return async () => {
    for (;;) {
      const event = heard.shift();
      if (event) return event;
      await sleep(10);
    }
  };
}

beforeEach(async () => {
  test = await createTestDatabase();
  events = await openEvents(test.url, log);
});

afterEach(async () => {
  await events.close();
  await test.drop();
});

it('publishes the events of a transaction when it commits, and none of one that is rolled back', async () => {
  const champion = heardBy(events, 'champion-changed');
  const rolledBack = test.database.$transaction(async (transaction) => {
    await publish(transaction, championOf('lost'));
    throw new Error('no');
  });
  await expect(rolledBack).rejects.toThrow('no');
  await test.database.$transaction((transaction) => publish(transaction, championOf('kept')));
  expect(await champion()).toEqual(championOf('kept'));
});

it('keeps the types apart, and reaches every process that listens', async () => {
  const other = await openEvents(test.url, log);
  try {
    const here = heardBy(events, 'champion-changed');
    const there = heardBy(other, 'snapshot-changed');
    await publish(test.database, { type: 'snapshot-changed', id: 'snap_1' });
    await publish(test.database, championOf('a'));
    expect(await here()).toEqual(championOf('a'));
    expect(await there()).toEqual({ type: 'snapshot-changed', id: 'snap_1' });
  } finally {
    await other.close();
  }
});

it('calls the other handlers when one fails', async () => {
  const heard = new Promise((resolve) => {
    events.on('champion-changed', () => {
      throw new Error('faulty handler');
    });
    events.on('champion-changed', resolve);
  });
  await publish(test.database, championOf('a'));
  expect(await heard).toEqual(championOf('a'));
});

it('reconnects when the connection breaks, reports it, and receives later events', async () => {
  const champion = heardBy(events, 'champion-changed');
  const back = new Promise<void>((resolve) => {
    events.onReconnect(() => resolve());
  });
  await test.database.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'cytograph: events'`;
  await back;
  await publish(test.database, championOf('after'));
  expect(await champion()).toEqual(championOf('after'));
});

it('ignores messages that it does not understand', async () => {
  const champion = heardBy(events, 'champion-changed');
  await test.database.$executeRaw`SELECT pg_notify('cytograph', 'not JSON')`;
  await test.database.$executeRaw`SELECT pg_notify('cytograph', '{"type":"from-the-future"}')`;
  await publish(test.database, championOf('a'));
  expect(await champion()).toEqual(championOf('a'));
});
