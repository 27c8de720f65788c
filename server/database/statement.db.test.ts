import { createDatabase } from './client.js';
import { runStatement, statement } from './statement.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

it('is parsed once by each connection, for all values', async () => {
  const database = createDatabase(test.url, 1);
  const repeated = statement('SELECT $1::int + 1 AS next');
  for (const value of [1, 2, 3])
    expect(await runStatement(database, repeated, [value])).toEqual([{ next: value + 1 }]);
  const prepared = await database.$queryRaw`
    SELECT statement, (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements`;
  expect(prepared).toEqual([{ statement: repeated.text, runs: 3 }]);
  await database.$disconnect();
});

it('closes its connections together with those of Prisma', async () => {
  const database = createDatabase(test.url, 1);
  await runStatement(database, statement('SELECT 1'), []);
  await database.$disconnect();
  expect(database.pool.ended).toBe(true);
  await database.$disconnect(); // a second call does nothing
});

it('reads and writes times as Prisma does, in any time zone of the server', async () => {
  const name = new URL(test.url).pathname.slice(1);
  await test.database.$executeRawUnsafe(`ALTER DATABASE "${name}" SET timezone = 'America/Los_Angeles'`);
  const database = createDatabase(`${test.url}?options=-c%20statement_timeout%3D9000`, 2);
  const data = { email: 'a@example.org', displayName: 'A', roles: [], passwordHash: '' };
  const disabledAt = new Date('2026-07-01T12:00:00.000Z');
  await database.user.create({ data: { id: 'usr_a', ...data, disabledAt } });
  const find = statement(`
    SELECT "disabledAt", "disabledAt" = $1 AS same, current_setting('statement_timeout') AS timeout
    FROM "User" WHERE id = ANY ($2::text[]) AND $3::text IS NULL`);
  expect(await runStatement(database, find, [disabledAt, ['usr_a', 'usr_b'], null])).toEqual([
    { disabledAt, same: true, timeout: '9s' },
  ]);
  await database.$disconnect();
});
