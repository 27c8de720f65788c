import { setTimeout as sleep } from 'node:timers/promises';
import { startTcpProxy, type TcpProxy } from '../outages/testing.js';
import { unavailableOf } from '../outages/unavailable-of.js';
import { cancelledBy } from './cancellation.js';
import { createDatabase, type Database } from './client.js';
import { runStatement, statement } from './statement.js';
import { createTestDatabase, type TestDatabase, withClient } from './testing.js';

/** Much longer than needed, for a busy machine, but much shorter than TCP alone would take. */
const SOON_MS = 180_000;

let test: TestDatabase;
let proxy: TcpProxy;
let database: Database;

beforeEach(async () => {
  test = await createTestDatabase();
  proxy = await startTcpProxy(test.url);
  database = createDatabase(proxy.through(test.url), 3);
});

afterEach(async () => {
  await proxy.close();
  await database.$disconnect();
  await test.drop();
});

const one = statement('SELECT 1 AS one');

async function outageOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => unavailableOf(error)?.outage ?? String(error),
  );
}

/** Resolves to the milliseconds until a query succeeds. */
async function timeToReturn(): Promise<number> {
  const begin = performance.now();
  for (;;) {
    try {
      await runStatement(database, one, []);
      return performance.now() - begin;
    } catch {
      if (performance.now() - begin > SOON_MS) return Infinity;
      await sleep(50);
    }
  }
}

it.each(['silence', 'lose'] as const)(
  'fails everything under way when the network goes silent (%s), then fails immediately, and recovers',
  async (kind) => {
    await database.$queryRaw`SELECT 1`;
    await proxy.set({ kind });
    const underWay = [
      runStatement(database, one, []),
      database.$queryRaw`SELECT 1`,
      database.$transaction((tx) => tx.$queryRaw`SELECT 1`),
      ...[1, 2, 3].map(() => database.$queryRaw`SELECT 1`), // more than there are connections
    ];
    const begin = performance.now();
    expect(await Promise.all(underWay.map(outageOf))).toEqual(underWay.map(() => 'unreachable'));
    expect(performance.now() - begin).toBeLessThan(SOON_MS);

    const beginOfNext = performance.now();
    for (let turn = 0; turn < 20; turn++)
      expect(await outageOf(runStatement(database, one, []))).toBe('unreachable');
    expect(performance.now() - beginOfNext).toBeLessThan(30_000); // each that is sent to Postgres takes 5 s

    await proxy.heal();
    expect(await timeToReturn()).toBeLessThan(SOON_MS);
    expect(await outageOf(database.$transaction((tx) => tx.$queryRaw`SELECT 1`))).toBe('none');
  },
);

it('does not interrupt a slow statement', async () => {
  const slow = database.$queryRaw`SELECT pg_sleep(8)::text, 'done' AS word`;
  const transaction = database.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT 1`;
    await sleep(7_000); // the connection waits for this process, not for Postgres
    return tx.$queryRaw`SELECT 'done' AS word`;
  });
  expect(await slow).toMatchObject([{ word: 'done' }]);
  expect(await transaction).toEqual([{ word: 'done' }]);
});

it('closes a connection whose statement was lost, though others work', async () => {
  await database.$queryRaw`SELECT 1`; // the only connection so far
  await proxy.set({ kind: 'lose' });
  const lost = outageOf(database.$queryRaw`SELECT 1`);
  await sleep(200);
  await proxy.heal(); // for new connections
  expect(await outageOf(runStatement(database, one, []))).toBe('none');
  expect(await lost).toBe('unreachable');
  expect(await outageOf(database.$queryRaw`SELECT 1`)).toBe('none');
});

it('does not report a change as not made when only the response is missing', async () => {
  await runStatement(database, one, []);
  await proxy.set({ kind: 'silence', only: 'replies' });
  const insert = statement(`INSERT INTO "Model" (id, name) VALUES ('model_a', 'a')`);
  const error = await runStatement(database, insert, []).catch((thrown: unknown) => thrown);
  expect(unavailableOf(error)?.message).toBe(
    'The database does not answer at the moment. Nothing that was confirmed is lost. Try again in a moment.',
  );
  expect(await test.database.model.count()).toBe(1); // it was made
});

it.each(['silence', 'refuse'] as const)('disconnects although there is this: %s', async (kind) => {
  await database.$queryRaw`SELECT 1`;
  await proxy.set({ kind });
  const underWay = outageOf(runStatement(database, one, []));
  await sleep(100);
  const begin = performance.now();
  await database.$disconnect();
  expect(performance.now() - begin).toBeLessThan(SOON_MS);
  expect(await underWay).toBe('unreachable');
});

it('ends a statement that Postgres works on for too long', async () => {
  const [limits] = await database.$queryRaw<Record<string, string>[]>`
    SELECT current_setting('statement_timeout') AS statement,
      current_setting('idle_in_transaction_session_timeout') AS transaction`;
  expect(limits).toEqual({ statement: '1min', transaction: '75s' });
  const url = new URL(proxy.through(test.url));
  url.searchParams.set('options', '-c statement_timeout=200');
  await database.$disconnect();
  database = createDatabase(url.href, 1);
  expect(await outageOf(database.$queryRaw`SELECT pg_sleep(20)::text`)).toBe('busy');
  await withClient(test.url, (client) => client.query('SELECT 1'));
});

it('keeps connections for classifications and changes while queries wait for long statements', async () => {
  const wide = createDatabase(test.url, 10);
  const stop = new AbortController();
  const sleeping = statement(`SELECT pg_sleep(600), 'query'`);
  const running = async () => {
    const [row] = await wide.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep(600)%'`;
    return row?.count ?? 0;
  };
  const query = (signal: AbortSignal) =>
    Array.from({ length: 8 }, () => cancelledBy(signal, () => runStatement(wide, sleeping, [])));
  const first = query(AbortSignal.any([stop.signal]));
  await until(async () => (await running()) === 2); // of one query
  const second = query(AbortSignal.any([stop.signal]));
  await until(async () => (await running()) === 3); // of all queries
  const ended = Promise.allSettled([...first, ...second]);
  const others = Array.from({ length: 20 }, () => runStatement(wide, one, []));
  expect(await Promise.all(others)).toHaveLength(20);
  expect(await running()).toBe(3);
  stop.abort(new Error('The client has gone.'));
  expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
  expect(await cancelledBy(new AbortController().signal, () => runStatement(wide, one, []))).toHaveLength(1);
  await wide.$disconnect();
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const begin = performance.now();
  while (!(await condition())) {
    if (performance.now() - begin > SOON_MS) throw new Error('The condition was never met.');
    await sleep(20);
  }
}
