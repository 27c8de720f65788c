import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { newId } from '../../database/ids.js';
import { createTestDatabase, type TestDatabase } from '../../database/testing.js';

// The events that wake followers: the function notify_changed_predictions.

let testDatabase: TestDatabase;
let listener: pg.Client;
let session: pg.Client;
/** Events since the last call of {@link received}. */
let events = 0;

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(testDatabase.url);
  client.on('error', () => undefined); // the database is dropped while the connection exists
  await client.connect();
  return client;
}

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  [listener, session] = [await connect(), await connect()];
  listener.on('notification', () => events++);
  await listener.query('LISTEN cytograph');
});
afterAll(async () => {
  await Promise.all([listener.end(), session.end()]);
  await testDatabase.drop();
});
beforeEach(async () => {
  await sleep(110); // longer than a session is silent
  await received();
});

const change = (by = session) =>
  by.query(
    `INSERT INTO "PredictionChange" ("place", "kind", "predictionId") VALUES (place_of_transaction(), 'CREATED', $1)`,
    [newId('pred')],
  );

/** The number of events so far. */
async function received(): Promise<number> {
  const last = new Promise<void>((resolve) => {
    listener.on('notification', ({ payload }) => payload === 'last' && resolve());
  });
  await session.query(`NOTIFY cytograph, 'last'`);
  await last;
  listener.removeAllListeners('notification').on('notification', () => events++);
  const before = events - 1;
  events = 0;
  return before;
}

test('the first change of a session wakes followers, and after that one in 100 ms does', async () => {
  const begun = performance.now();
  for (let index = 0; index < 20; index++) await change();
  const most = 1 + Math.floor((performance.now() - begun) / 100);
  const sent = await received();
  expect(sent).toBeGreaterThanOrEqual(1);
  expect(sent).toBeLessThanOrEqual(most);
  await sleep(110);
  await change();
  expect(await received()).toBe(1);
});

test('each session wakes followers', async () => {
  const other = await connect();
  await change();
  await change(other);
  expect(await received()).toBe(2);
  await other.end();
});

test('a change that was rolled back does not silence the next one', async () => {
  await session.query('BEGIN');
  await change();
  await session.query('ROLLBACK');
  await change();
  expect(await received()).toBe(1);
});

test('a change wakes followers although the clock was set back', async () => {
  await session.query(
    `SELECT set_config('cytograph.notified_at', (date_part('epoch', now()) + 3600)::text, false)`,
  );
  await change();
  expect(await received()).toBe(1);
});
