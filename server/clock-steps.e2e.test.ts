import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { loadConfig } from './config.js';
import { createTestDatabase, type TestDatabase, withClient } from './database/testing.js';
import { registerRandomVersion } from './features/models/testing.js';
import { createTestClient, type TestClient } from './http/testing.js';
import { drawSmear } from './imaging/testing.js';
import { openObjectStore } from './storage/open-object-store.js';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

const libfaketime = process.env.TEST_LIBFAKETIME;
const describeWithClock = libfaketime ? describe : describe.skip;

// The whole server in a process whose clock is set forward and back while it runs; Postgres keeps the machine's clock.
describeWithClock('a server whose clock is set', () => {
  let folder: string;
  let own: TestDatabase;
  let child: ChildProcess;
  let url: string;
  let admin: TestClient;
  let startedAt: Date;

  /** Sets the server's clock, such as '+2h' or '-1d' from the real time. */
  async function setClock(offset: string): Promise<void> {
    await writeFile(path.join(folder, 'draft'), `${offset}\n`);
    await rename(path.join(folder, 'draft'), path.join(folder, 'clock')); // never seen half written
  }

  /** The server's time, as its answers say, less the real one; in hours. */
  async function hoursAhead(): Promise<number> {
    const response = await fetch(`${url}/healthz`);
    return Math.round((Date.parse(response.headers.get('date') ?? '') - Date.now()) / 3_600_000);
  }

  /** Sets the clock and waits until the server answers by it. Node renews the date of its answers once a second. */
  async function stepTo(hours: number): Promise<void> {
    await setClock(`${hours < 0 ? '' : '+'}${hours}h`);
    while ((await hoursAhead()) !== hours) await sleep(100);
  }

  const databaseTime = () =>
    withClient(own.url, async (client) => {
      const { rows } = await client.query<{ now: Date }>(`SELECT now()`);
      return rows[0]?.now ?? new Date(0);
    });
  const minutes = (time: Date, count: number) => new Date(time.getTime() + count * 60_000).toISOString();

  let images = 0;
  async function classify(client = admin): Promise<string> {
    const image = await drawSmear({ seed: ++images }).png().toBuffer();
    const { data } = await client.upload(
      `mutation ($image: Upload!) { classify(image: $image) { prediction { id } userErrors { message } } }`,
      image,
    );
    return data.classify.prediction.id;
  }

  async function find(filter: Record<string, unknown>, order = 'OLDEST_FIRST'): Promise<string[]> {
    const ids: string[] = [];
    for (let after: string | null = null; ;) {
      const { data } = await admin.graphql(
        `query ($filter: PredictionFilter, $order: PredictionOrder, $after: String) {
          predictions(first: 2, filter: $filter, order: $order, after: $after) {
            edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
        { filter, order, after },
      );
      ids.push(...data.predictions.edges.map((edge: { node: { id: string } }) => edge.node.id));
      if (!data.predictions.pageInfo.hasNextPage) return ids;
      after = data.predictions.pageInfo.endCursor;
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'cytograph-clock-'));
    own = await createTestDatabase();
    startedAt = await databaseTime();
    await setClock('+2h');
    child = spawn(process.execPath, [PROGRAM], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: own.url,
        DATA_DIR: folder,
        PORT: '0',
        WORKER: 'external',
        INFERENCE_THREADS: '1',
        ADMIN_EMAIL: ADMIN.email,
        ADMIN_PASSWORD: ADMIN.password,
        LD_PRELOAD: libfaketime,
        FAKETIME_TIMESTAMP_FILE: path.join(folder, 'clock'),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1', // setting a clock changes no durations
      },
    });
    let output = '';
    const keep = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    for (; !url; await sleep(50)) {
      url = /answers at (\S+)/.exec(output)?.[1] ?? '';
      if (child.exitCode !== null) throw new Error(`The server ended: ${output}`);
    }
    admin = createTestClient(url);
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    await own.drop();
    await rm(folder, { recursive: true, force: true });
  });

  test('predictions are found by date, in order and in monitoring, even if the clock was changed in between', async () => {
    expect(await hoursAhead()).toBe(2); // or else this test would show nothing
    await admin.signIn(ADMIN);
    const before = await databaseTime();
    const made = [await classify(), await classify()];
    for (const hours of [0, -48, 0, 200, 0]) {
      await stepTo(hours);
      made.push(await classify(), await classify());
    }
    const window = { createdAfter: minutes(before, 0), createdBefore: minutes(await databaseTime(), 1) };
    expect(await find(window)).toEqual(made);
    expect(await find(window, 'NEWEST_FIRST')).toEqual([...made].reverse());
    expect((await find(window, 'LEAST_CONFIDENT_FIRST')).sort()).toEqual([...made].sort());
    expect(await find({ createdBefore: window.createdAfter })).toEqual([]);
    expect(await find({ createdAfter: window.createdBefore })).toEqual([]);
    const { data } = await admin.graphql(
      `query ($from: DateTime!, $to: DateTime!) { monitoring(modelName: "reference", from: $from, to: $to) { predictionCount } }`,
      { from: window.createdAfter, to: window.createdBefore },
    );
    expect(data.monitoring.predictionCount).toBe(made.length);
  });

  test('sessions end by the clock of the database', async () => {
    await stepTo(100);
    const client = createTestClient(url);
    await client.signIn(ADMIN);
    for (const hours of [0, 100, -100]) {
      await stepTo(hours);
      expect((await client.graphql('{ viewer { email } }')).data.viewer).toEqual({ email: ADMIN.email });
    }
    await change(`UPDATE "Session" SET "expiresAt" = now() - interval '1 s'`);
    for (const hours of [-100, 0, 100]) {
      await stepTo(hours);
      expect((await client.graphql('{ viewer { email } }')).data.viewer).toBeNull();
    }
    await admin.signIn(ADMIN);
  });

  test('tokens end by the clock of the database', async () => {
    await stepTo(100);
    const expiresAt = minutes(await databaseTime(), 60); // long past by the clock of the server
    const { data } = await admin.graphql(
      `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret userErrors { message } } }`,
      { input: { name: 'a program', expiresAt } },
    );
    expect(data.createApiToken.userErrors).toEqual([]);
    const program = createTestClient(url);
    program.headers.authorization = `Bearer ${data.createApiToken.secret}`;
    const isKnown = async () => (await program.graphql('{ viewer { id } }')).data?.viewer?.id !== undefined;
    expect(await isKnown()).toBe(true);
    await change(`UPDATE "ApiToken" SET "expiresAt" = now() - interval '1 s'`);
    await stepTo(-100);
    expect(await isKnown()).toBe(false);
    const { data: late } = await admin.graphql(
      `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { secret userErrors { message } } }`,
      { input: { name: 'too late', expiresAt: minutes(await databaseTime(), -1) } },
    );
    expect(late.createApiToken.userErrors).toHaveLength(1);
  });

  test('everything that it stored has the time of the database clock', async () => {
    await stepTo(100);
    await admin.signIn(ADMIN);
    await classify();
    const columns = await withClient(own.url, async (client) => {
      const { rows } = await client.query<{ table: string; column: string }>(
        `SELECT table_name AS table, column_name AS column FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type LIKE 'timestamp%' AND table_name NOT LIKE '\\_prisma%'`,
      );
      return rows;
    });
    expect(columns.length).toBeGreaterThan(20);
    const until = minutes(await databaseTime(), 1);
    for (const { table, column } of columns) {
      const latest = column === 'expiresAt' ? minutes(await databaseTime(), 13 * 60) : until;
      const wrong = await change(
        `SELECT "${column}"::text FROM "${table}" WHERE "${column}" NOT BETWEEN '${startedAt.toISOString()}' AND '${latest}'`,
      );
      expect({ table, column, wrong }).toEqual({ table, column, wrong: [] });
    }
  });

  test('wrong passwords are counted by the clock of the database', async () => {
    const guess = async (password: string) => {
      const { data } = await createTestClient(url).graphql(
        `mutation ($email: String!, $password: String!) {
          signIn(email: $email, password: $password) { viewer { id } userErrors { code } } }`,
        { email: ADMIN.email, password },
      );
      return data.signIn.userErrors[0]?.code ?? 'signed in';
    };
    for (const hours of [100, 0, -100, 0, 100]) {
      await stepTo(hours);
      expect(await guess('wrong')).toBe('INVALID');
    }
    for (const hours of [0, 100, -100]) {
      await stepTo(hours);
      expect(await guess(ADMIN.password)).toBe('FORBIDDEN');
    }
    // Sixteen minutes later, on either clock.
    await change(`UPDATE "SignInFailures" SET "lastFailedAt" = "lastFailedAt" - interval '16 min'`);
    expect(await guess(ADMIN.password)).toBe('signed in');
  });

  test('approvals end by the clock of the database', async () => {
    const store = openObjectStore(`file:${path.join(folder, 'objects')}`, loadConfig({}).s3);
    const { id: versionId } = await registerRandomVersion(
      { database: own.database, store },
      { modelName: 'reference' },
    );
    await stepTo(300);
    const { data } = await admin.graphql(
      `mutation ($input: ApprovePromotionInput!) {
        approvePromotion(input: $input) { approval { id isStanding } userErrors { message } } }`,
      { input: { modelVersionId: versionId, comment: 'It was compared with the microscope.' } },
    );
    expect(data.approvePromotion).toMatchObject({ approval: { isStanding: true }, userErrors: [] });
    const isStanding = async () => {
      const { data } = await admin.graphql(
        `query ($id: ID!) { node(id: $id) { ... on ModelVersion { approvals { isStanding } } } }`,
        { id: versionId },
      );
      return data.node.approvals[0].isStanding;
    };
    await stepTo(-300);
    expect(await isStanding()).toBe(true);
    await backdate('PromotionApproval', '8 days');
    expect(await isStanding()).toBe(false);
  });

  /** Makes all rows of an append-only table older than they are. */
  async function backdate(table: string, by: string): Promise<void> {
    await change(`ALTER TABLE "${table}" DISABLE TRIGGER ALL;
      UPDATE "${table}" SET "createdAt" = "createdAt" - interval '${by}'; ALTER TABLE "${table}" ENABLE TRIGGER ALL`);
  }

  /** Runs SQL behind the server's back; the first column of its last result. */
  function change(sql: string): Promise<string[]> {
    return withClient(own.url, async (client) => {
      const results: pg.QueryResult[] = [await client.query(sql)].flat();
      return (results.at(-1)?.rows ?? []).map((row: Record<string, string>) => Object.values(row)[0] ?? '');
    });
  }
});
