import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase, withClient } from '../database/testing.js';
import { createTestClient, type TestClient } from '../http/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { startTcpProxy, type TcpProxy } from './testing.js';

// What clients and load balancers see while the database is unavailable. Limits are generous; exact times are in docs/faults.md.
const SOON_MS = 180_000;

let test: TestDatabase;
let proxy: TcpProxy;
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  test = await createTestDatabase();
  proxy = await startTcpProxy(test.url);
  server = await startServer({ databaseUrl: proxy.through(test.url) });
  client = createTestClient(server.url);
  await client.signIn(server.admin);
});

afterAll(async () => {
  await proxy.heal();
  await server.stop();
  await proxy.close();
  await test.drop();
});

afterEach(async () => {
  await setReadOnly(false);
  await proxy.heal();
  await until(async () => (await ready()).status === 200);
});

let images = 0;
async function predict(): Promise<{ id?: string; status: number; code: string; retryAfter: string | null }> {
  const body = new Uint8Array(await drawSmear({ seed: ++images }).png().toBuffer());
  const response = await client.fetch('/predict', {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'image/png' },
  });
  const { id, code = '' } = (await response.json()) as { id?: string; code?: string };
  return {
    ...(id && { id }),
    status: response.status,
    code,
    retryAfter: response.headers.get('Retry-After'),
  };
}

const unavailable = { status: 503, code: 'UNAVAILABLE', retryAfter: '1' };

async function ready(): Promise<{ status: number; database: { ready: boolean; state: string } }> {
  const response = await client.fetch('/readyz');
  const { checks } = (await response.json()) as any;
  return { status: response.status, database: checks.database };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + SOON_MS; !(await condition()); await sleep(50))
    if (Date.now() > end) throw new Error('The condition was not met in time.');
}

async function setReadOnly(on: boolean): Promise<void> {
  const name = new URL(test.url).pathname.slice(1);
  await withClient(process.env.TEST_POSTGRES_URL ?? '', async (admin) => {
    await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${on ? 'on' : 'off'}`);
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  });
}

it.each(['silence', 'lose', 'reset', 'refuse'] as const)(
  'fails requests as UNAVAILABLE and is not ready while the network does this: %s; then both come back',
  async (kind) => {
    expect((await predict()).status).toBe(200);
    await proxy.set({ kind });
    const [rest, readiness, graphql] = await Promise.all([
      predict(),
      ready(),
      client.graphql('{ viewer { id } }'),
    ]);
    expect(rest).toEqual(unavailable);
    expect(readiness).toMatchObject({ status: 503, database: { ready: false, state: 'unreachable' } });
    expect(graphql.errors?.[0]?.extensions.code).toBe('UNAVAILABLE');
    expect((await client.fetch('/healthz')).status).toBe(200);

    await proxy.heal();
    await until(async () => (await ready()).status === 200);
    await until(async () => (await predict()).status === 200);
  },
);

it('reports the outage over a WebSocket, too', async () => {
  await proxy.set({ kind: 'refuse' });
  const subscription = client.subscribe('subscription { predictionCreated { id } }');
  const error = await subscription.next().then(
    ({ value }) => value.errors,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
});

it('publishes new predictions again after a silence without an error', async () => {
  const subscription = client.subscribe('subscription { predictionCreated { id } }');
  const heard: string[] = [];
  const listening = (async () => {
    for await (const { data } of subscription) heard.push(data.predictionCreated.id);
  })();
  listening.catch(() => {}); // then nothing more is heard
  /** Makes predictions until one of them is heard: it is not known when the subscription begins. */
  const untilHeard = async () => {
    const made: (string | undefined)[] = [];
    await until(async () => {
      made.push((await predict()).id);
      return heard.some((id) => made.includes(id));
    });
  };
  await untilHeard();

  await proxy.set({ kind: 'lose' });
  await until(async () => (await predict()).code === 'UNAVAILABLE');
  await sleep(8_000); // until the server notices that the connection for events is silent
  await proxy.heal();
  await until(async () => (await predict()).status === 200);
  await untilHeard();
  await subscription.return?.();
});

it('answers queries but is not ready while Postgres is read-only', async () => {
  await setReadOnly(true);
  await until(async () => (await ready()).database.state === 'read-only');
  expect(await predict()).toEqual(unavailable);
  expect((await client.graphql('{ viewer { id } }')).data.viewer.id).toMatch(/^user_/); // reading works
  await setReadOnly(false);
  await until(async () => (await predict()).status === 200);
});

it('continues when an administrator ends its connections', async () => {
  await setReadOnly(false); // which ends them
  await until(async () => (await predict()).status === 200);
});

it('shuts down in time although the database is silent', async () => {
  const other = await startServer({ databaseUrl: proxy.through(test.url), dataDir: server.dataDir });
  const asker = createTestClient(other.url);
  await asker.signIn(other.admin);
  await proxy.set({ kind: 'silence' });
  const asked = asker.graphql('{ viewer { id } }').catch(() => null);
  const begin = performance.now();
  await other.stop();
  expect(performance.now() - begin).toBeLessThan(SOON_MS);
  await asked;
});
