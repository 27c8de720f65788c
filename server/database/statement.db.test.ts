import { createDatabase } from './client.js';
import { runStatement, statement } from './statement.js';
import { createTestDatabase, type TestDatabase } from './testing.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

it('is parsed once by each connection, whatever its values', async () => {
  const database = createDatabase(test.url, 1);
  const repeated = statement('SELECT $1::int + 1 AS next');
  for (const value of [1, 2, 3])
    expect(await runStatement(database, repeated, [value])).toEqual([{ next: value + 1 }]);
  const prepared = await database.$queryRaw`
    SELECT statement, (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements`;
  expect(prepared).toEqual([{ statement: repeated.text, runs: 3 }]);
  await database.$disconnect();
});

it('ends its connections with those of Prisma', async () => {
  const database = createDatabase(test.url, 1);
  await runStatement(database, statement('SELECT 1'), []);
  await database.$disconnect();
  expect(database.pool.ended).toBe(true);
  await database.$disconnect(); // again does nothing
});
