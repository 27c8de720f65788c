import { pino } from 'pino';
import { type DomainEvent, type Events, openEvents, publish } from './events.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

const log = pino({ level: 'silent' });
const championOf = (modelName: string): DomainEvent => ({ type: 'champion-changed', modelName });

let test: TestDatabase;
let events: Events;

beforeEach(async () => {
  test = await createTestDatabase();
  events = await openEvents(test.url, log);
});

afterEach(async () => {
  await events.close();
  await test.drop();
});

it('publishes the events of a transaction when it commits, and none of one that is rolled back', async () => {
  const champions = events.subscribe('champion-changed');
  const rolledBack = test.database.$transaction(async (transaction) => {
    await publish(transaction, championOf('lost'));
    throw new Error('no');
  });
  await expect(rolledBack).rejects.toThrow('no');
  await test.database.$transaction((transaction) => publish(transaction, championOf('kept')));
  expect(await champions.next()).toEqual({ done: false, value: championOf('kept') });
});

it('keeps the types apart, and reaches every process that listens', async () => {
  const other = await openEvents(test.url, log);
  try {
    const here = events.subscribe('champion-changed');
    const there = other.subscribe('prediction-created');
    await publish(test.database, { type: 'prediction-created', id: 'pred_1', siteId: null });
    await publish(test.database, championOf('a'));
    expect((await here.next()).value).toEqual(championOf('a'));
    expect((await there.next()).value).toEqual({ type: 'prediction-created', id: 'pred_1', siteId: null });
  } finally {
    await other.close();
  }
});

it('keeps the events that arrive while the consumer is busy, each once', async () => {
  const champions = events.subscribe('champion-changed');
  const last = new Promise<void>((resolve) => {
    events.on('snapshot-changed', () => resolve());
  });
  for (const name of ['a', 'b', 'a']) await publish(test.database, championOf(name));
  await publish(test.database, { type: 'snapshot-changed', id: 'snap_1' });
  await last;
  expect((await champions.next()).value).toEqual(championOf('a'));
  expect((await champions.next()).value).toEqual(championOf('b'));
  await publish(test.database, championOf('c'));
  expect((await champions.next()).value).toEqual(championOf('c'));
});

it('ends a subscription that is waiting when the consumer leaves or the events close', async () => {
  const left = events.subscribe('champion-changed');
  const waiting = left.next();
  await left.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });

  const open = events.subscribe('champion-changed').next();
  await events.close();
  expect(await open).toEqual({ done: true, value: undefined });
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
  const champions = events.subscribe('champion-changed');
  const back = new Promise<void>((resolve) => {
    events.onReconnect(() => resolve());
  });
  await test.database.$executeRaw`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'cytograph: events'`;
  await back;
  await publish(test.database, championOf('after'));
  expect((await champions.next()).value).toEqual(championOf('after'));
});

it('ignores messages that it does not understand', async () => {
  const champions = events.subscribe('champion-changed');
  await test.database.$executeRaw`SELECT pg_notify('cytograph', 'not JSON')`;
  await test.database.$executeRaw`SELECT pg_notify('cytograph', '{"type":"from-the-future"}')`;
  await publish(test.database, championOf('a'));
  expect((await champions.next()).value).toEqual(championOf('a'));
});
