import { setTimeout as sleep } from 'node:timers/promises';
import { openTestServices, type TestServices } from './testing.js';

let services: TestServices;

beforeAll(async () => {
  services = await openTestServices();
});
afterAll(() => services.close());

/** Statements of the test that Postgres is working on, other than this one. */
async function runningStatements(): Promise<number> {
  const [row] = await services.database.$queryRaw<{ running: number }[]>`
    SELECT count(*)::int AS running FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%"Site"%'`;
  return row?.running ?? 0;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries > 3_000) throw new Error('The condition was never met.');
    await sleep(100);
  }
}

/** Runs `work` while the table of sites is locked, so that each statement on it waits. Nothing else reads it in the meantime. */
async function whileSitesAreLocked<T>(work: () => Promise<T>): Promise<T> {
  return services.ownerDatabase.$transaction(async (tx) => {
    await tx.$executeRawUnsafe('LOCK TABLE "Site" IN ACCESS EXCLUSIVE MODE');
    return work();
  });
}

const query = '{ sites { id } }';

test('a query that reaches its time limit is stopped, and its statement too', async () => {
  const viewer = await services.createViewer();
  const { data, errors } = await whileSitesAreLocked(async () => {
    const config = { ...services.config, queryTimeLimitMs: 1_000 };
    const answer = await services.executeIn({ ...services.contextOf(viewer), config }, query);
    await until(async () => (await runningStatements()) === 0);
    return answer;
  });
  expect(data).toBeNull();
  expect(errors).toEqual([
    {
      code: 'TIMED_OUT',
      message: expect.stringMatching(/^The query was stopped because it took longer than 1 s\./),
    },
  ]);
  // The pool works as before.
  expect(await services.execute(query, {}, viewer)).toEqual({ data: { sites: [] }, errors: [] });
});

test('the statement of a client that disconnects is cancelled', async () => {
  const viewer = await services.createViewer();
  const gone = new AbortController();
  await whileSitesAreLocked(async () => {
    const answer = services.executeIn(services.contextOf(viewer, gone.signal), query);
    await until(async () => (await runningStatements()) === 1);
    gone.abort(new Error('The client has gone.'));
    await answer;
    await until(async () => (await runningStatements()) === 0);
  });
  expect(await services.execute(query, {}, viewer)).toEqual({ data: { sites: [] }, errors: [] });
});

test('a mutation is completed even if its client disconnects', async () => {
  const viewer = await services.createViewer();
  const gone = new AbortController();
  gone.abort(new Error('The client has gone.'));
  const { data } = await services.executeIn(
    services.contextOf(viewer, gone.signal),
    'mutation { createApiToken(input: { name: "a" }) { token { name } } }',
  );
  expect(data.createApiToken.token).toEqual({ name: 'a' });
});
