import { createDatabase } from '../../database/client.js';
import { createTestDatabase } from '../../database/testing.js';
import { createFirstAnswers } from '../predictions/first-answers.js';
import { apiTokenLookup } from './api-tokens.js';
import { sessionLookup } from './sessions.js';

/** Postgres makes a plan for the given values this often before it considers one for any values. */
const TRIED = 5;

test('the statements that requests begin with are planned once by each connection', async () => {
  const empty = await createTestDatabase();
  const database = createDatabase(empty.url, 1);
  const settings = {
    sessionMs: 1,
    sessionIdleMs: 1,
    emergencyAccount: 'a@example.org',
    identityProvider: null,
  };
  const anyone = { ...settings, builtInAccounts: true };
  const nobody = { ...settings, builtInAccounts: false };
  const question = { imageSha256: 'a'.repeat(64), region: [], modelVersionId: 'ver_a', siteId: null };
  for (let index = 0; index < 10; index++) {
    expect(await apiTokenLookup(database, anyone)('secret', null)).toBeNull();
    expect(await sessionLookup(database, anyone)('secret')).toBeNull();
    expect((await createFirstAnswers(database).findRecorded(question)).answer).toBeNull();
  }
  expect(await apiTokenLookup(database, nobody)('secret', null)).toBeNull();
  const prepared = await database.$queryRaw`
    SELECT custom_plans::int AS "forValues", generic_plans::int AS "forAny" FROM pg_prepared_statements ORDER BY 2`;
  expect(prepared).toEqual([
    { forValues: TRIED, forAny: 5 },
    { forValues: TRIED, forAny: 5 },
    { forValues: TRIED, forAny: 6 },
  ]);
  await database.$disconnect();
  await empty.drop();
});
