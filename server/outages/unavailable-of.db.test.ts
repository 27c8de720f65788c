import type { Database } from '../database/client.js';
import { createDatabase } from '../database/client.js';
import { runStatement, statement } from '../database/statement.js';
import { createTestDatabase, type TestDatabase, withClient } from '../database/testing.js';
import { ObjectStoreError } from '../storage/object-store.js';
import { startTcpProxy, type TcpProxy } from './testing.js';
import { unavailableOf } from './unavailable-of.js';

let test: TestDatabase;
let proxy: TcpProxy;
let database: Database;

beforeEach(async () => {
  test = await createTestDatabase();
  proxy = await startTcpProxy(test.url);
  database = createDatabase(proxy.through(test.url), 4);
});

afterEach(async () => {
  await proxy.close();
  await database.$disconnect();
  await test.drop();
});

const newSetting = (key: string) => ({ name: `model-${key}`, id: `model_${key}`, description: '' });
const insert = statement('INSERT INTO "Model" (id, name, description) VALUES ($1, $1, $1)');

/** Every way in which this server uses the database. Each operation changes data. */
const operations: Record<string, (database: Database) => Promise<unknown>> = {
  'a query of Prisma': ({ model }) => model.create({ data: newSetting('a') }),
  'SQL through Prisma': (it) =>
    it.$executeRaw`INSERT INTO "Model" (id, name, description) VALUES ('b', 'b', 'b')`,
  'a transaction': (it) => it.$transaction((tx) => tx.model.create({ data: newSetting('c') })),
  'a list of queries': (it) => it.$transaction([it.model.create({ data: newSetting('d') })]),
  'a statement': (it) => runStatement(it, insert, ['e']),
};

const inDatabase = (sql: (name: string) => string) =>
  withClient(process.env.TEST_POSTGRES_URL ?? '', (client) =>
    client.query(sql(new URL(test.url).pathname.slice(1))),
  );

/** The outage that callers see for each operation. */
async function outages(): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const [name, operation] of Object.entries(operations))
    told[name] = await operation(database).then(
      () => 'it worked',
      (error: unknown) => unavailableOf(error)?.outage ?? String(error),
    );
  return told;
}

const all = (outage: string) => Object.fromEntries(Object.keys(operations).map((name) => [name, outage]));

it('reports nothing for operations that succeed', async () => {
  expect(await outages()).toEqual(all('it worked'));
});

it.each(['refuse', 'reset'] as const)('is unreachable when the network fails: %s', async (kind) => {
  await database.$queryRaw`SELECT 1`; // there is a connection to lose
  await proxy.set({ kind });
  expect(await outages()).toEqual(all('unreachable'));
});

it('is read-only after a failover', async () => {
  await inDatabase((name) => `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  expect(await outages()).toEqual(all('read-only'));
});

it('is unreachable if it accepts no connections', async () => {
  await inDatabase((name) => `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
  expect(await outages()).toEqual(all('unreachable'));
});

it('is busy if all its connections are in use', async () => {
  const role = `role_${new URL(test.url).pathname.slice(6)}`;
  await inDatabase(
    (name) =>
      `CREATE ROLE ${role} LOGIN PASSWORD 'p' CONNECTION LIMIT 0; GRANT ALL ON DATABASE ${name} TO ${role}`,
  );
  const url = new URL(test.url);
  url.username = role;
  url.password = 'p';
  await database.$disconnect();
  database = createDatabase(url.href, 4);
  expect(await outages()).toEqual(all('busy'));
  await inDatabase((name) => `REVOKE ALL ON DATABASE ${name} FROM ${role}; DROP ROLE ${role}`);
});

it('is unreachable for a statement whose connection an administrator ended', async () => {
  const slow = ['SELECT pg_sleep(30)::text', 'SELECT pg_sleep(30)::text AS again'];
  const underWay = [
    ...slow.map((sql) => database.$queryRawUnsafe(sql)),
    runStatement(database, statement('SELECT pg_sleep(30)'), []),
    database.$transaction((tx) => tx.$queryRaw`SELECT pg_sleep(30)::text`, { timeout: 40_000 }),
  ];
  const settled = Promise.allSettled(underWay);
  const ended = new Set<number>();
  for (const deadline = Date.now() + 60_000; ended.size < 4 && Date.now() < deadline;)
    await withClient(process.env.TEST_POSTGRES_URL ?? '', async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = $1 AND query LIKE '%pg_sleep%'`,
        [new URL(test.url).pathname.slice(1)],
      );
      for (const { pid } of rows) ended.add(pid);
    });
  for (const result of await settled)
    expect(unavailableOf('reason' in result ? result.reason : null)?.outage).toBe('unreachable');
});

it('reports nothing for an error of the caller or the program', async () => {
  await database.model.create({ data: newSetting('twice') });
  const twice = await database.model.create({ data: newSetting('twice') }).catch((error: unknown) => error);
  const noTable = await database.$queryRaw`SELECT * FROM nowhere`.catch((error: unknown) => error);
  const elsewhere = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }); // an inference server, say
  for (const error of [twice, noTable, elsewhere, new Error('a fault'), null, 'text'])
    expect(unavailableOf(error)).toBeNull();
});

it('names the object store if that is unreachable, even if the error is wrapped in another', () => {
  const error = new ObjectStoreError('UNREACHABLE', 'secret-host cannot be reached.');
  expect(unavailableOf(error)).toMatchObject({ dependency: 'object store', outage: 'unreachable' });
  expect(unavailableOf(new Error('A step failed', { cause: error }))?.dependency).toBe('object store');
  expect(unavailableOf(new ObjectStoreError('FULL', 'The disk is full.'))?.outage).toBe('full');
  expect(unavailableOf(new ObjectStoreError('READ_ONLY', 'It may not be written.'))?.outage).toBe(
    'read-only',
  );
  expect(unavailableOf(new ObjectStoreError('NOT_FOUND', 'There is no such object.'))).toBeNull();
});
