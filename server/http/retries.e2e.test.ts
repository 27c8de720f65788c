import { createHash } from 'node:crypto';
import { createDatabase, type Database } from '../database/client.js';
import { newId } from '../database/ids.js';
import { hashPassword } from '../features/accounts/passwords.js';
import { registerRandomVersion } from '../features/models/testing.js';
import { drawField } from '../features/predictions/fields/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { openObjectStore } from '../storage/open-object-store.js';
import { loadConfig } from '../config.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// Programs that repeat requests whose answer they did not get, against three server processes on one database and object store.

const PASSWORD = 'correct horse battery';

let servers: TestServer[];
let database: Database;
/** One account at each server. */
let clients: TestClient[];
let colleague: TestClient;

beforeAll(async () => {
  const first = await startServer({ env: { DEFAULT_MODEL: 'test' } });
  const { databaseUrl, dataDir } = first;
  database = createDatabase(databaseUrl, 2);
  const { objectStore, s3 } = loadConfig({ DATA_DIR: dataDir });
  const version = await registerRandomVersion(
    { database, store: openObjectStore(objectStore, s3) },
    { modelName: 'test' },
  );
  const others = [1, 2].map(() => startServer({ databaseUrl, dataDir, env: { DEFAULT_MODEL: 'test' } }));
  servers = [first, ...(await Promise.all(others))];
  clients = servers.map(({ url }) => createTestClient(url));
  for (const client of clients) await client.signIn(first.admin);
  const { data } = await clientAt(0).graphql(
    `mutation ($input: PromoteModelVersionInput!) {
      promoteModelVersion(input: $input) { promotion { id } userErrors { message } } }`,
    { input: { modelVersionId: version.id, alias: 'CHAMPION', reason: 'A test needs a champion.' } },
  );
  expect(data.promoteModelVersion.userErrors).toEqual([]);
  for (const client of clients)
    while (!(await client.fetch('/readyz')).ok) await new Promise((resolve) => setTimeout(resolve, 50));

  const id = newId('user');
  const email = `${id}@example.org`;
  const passwordHash = await hashPassword(PASSWORD);
  await database.user.create({ data: { id, email, displayName: id, passwordHash, roles: ['CLINICIAN'] } });
  colleague = createTestClient(first.url);
  await colleague.signIn({ email, password: PASSWORD });
});
afterAll(async () => {
  await database.$disconnect();
  for (const server of servers.toReversed()) await server.stop();
});

function clientAt(index: number): TestClient {
  const client = clients[index];
  if (!client) throw new Error(`There is no server ${index}.`);
  return client;
}

const smear = (seed: number) => drawSmear({ seed }).png().toBuffer();

const CLASSIFY = `mutation ($image: Upload!, $input: ClassifyInput) {
  classify(image: $image, input: $input) { prediction { id } userErrors { code } } }`;

interface Answer {
  id: string | null;
  code: string | null;
}

/** Sends an image. With a limit, the connection is cut after this time in milliseconds. */
type Send = (
  client: TestClient,
  bytes: Buffer,
  key: string | null,
  caseReference: string | null,
  cutAfterMs?: number,
) => Promise<Answer>;

const overGraphql: Send = async (client, bytes, key, caseReference, cutAfterMs) => {
  const form = new FormData();
  const variables = { image: null, input: { caseReference, clientRequestId: key } };
  form.append('operations', JSON.stringify({ query: CLASSIFY, variables }));
  form.append('map', JSON.stringify({ 0: ['variables.image'] }));
  form.append('0', new Blob([Uint8Array.from(bytes)]), 'cell.png');
  const response = await client.fetch('/graphql', {
    ...{ method: 'POST', headers: { 'Apollo-Require-Preflight': 'true' }, body: form },
    signal: cutAfterMs === undefined ? null : AbortSignal.timeout(cutAfterMs),
  });
  const { data } = JSON.parse(await response.text());
  return { id: data.classify.prediction?.id ?? null, code: data.classify.userErrors[0]?.code ?? null };
};

const overRest: Send = async (client, bytes, key, caseReference, cutAfterMs) => {
  const form = new FormData();
  form.append('image', new Blob([Uint8Array.from(bytes)]), 'cell.png');
  if (caseReference) form.append('caseReference', caseReference);
  const response = await client.fetch('/predict', {
    ...{ method: 'POST', headers: key === null ? {} : { 'Idempotency-Key': key }, body: form },
    signal: cutAfterMs === undefined ? null : AbortSignal.timeout(cutAfterMs),
  });
  const body = JSON.parse(await response.text());
  return response.ok ? { id: body.id, code: null } : { id: null, code: body.code };
};

/** The number of predictions of each image. */
async function countsOf(images: readonly Buffer[]): Promise<number[]> {
  return Promise.all(
    images.map((bytes) =>
      database.prediction.count({
        where: { imageSha256: createHash('sha256').update(bytes).digest('hex') },
      }),
    ),
  );
}

const imagesFrom = (seed: number, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => smear(seed + index)));

describe.each<[string, Send, number]>([
  ['classify', overGraphql, 1_000],
  ['/predict', overRest, 2_000],
])('%s', (_name, send, seed) => {
  test('ten requests are cut off and repeated with their ids: one prediction each', async () => {
    const images = await imagesFrom(seed, 10);
    const keys = images.map((_, index) => `cut ${seed} ${index}`);
    for (const cutAfterMs of [10, 30, 100]) {
      const cut = images.map((bytes, index) =>
        send(clientAt(0), bytes, keys[index] ?? '', null, cutAfterMs).catch(() => null),
      );
      await Promise.all(cut);
    }
    const answers = await Promise.all(
      images.map((bytes, index) => send(clientAt(0), bytes, keys[index] ?? '', null)),
    );
    const again = await Promise.all(
      images.map((bytes, index) => send(clientAt(1), bytes, keys[index] ?? '', null)),
    );
    expect(answers.map(({ code }) => code)).toEqual(Array(10).fill(null));
    expect(again).toEqual(answers);
    expect(await countsOf(images)).toEqual(Array(10).fill(1));
  });

  test('without an id, a repeat is another prediction', async () => {
    const images = await imagesFrom(seed + 100, 2);
    for (const bytes of images) {
      await send(clientAt(0), bytes, null, null);
      await send(clientAt(0), bytes, null, null);
    }
    expect(await countsOf(images)).toEqual([2, 2]);
  });

  test('the same id with another image or case is a conflict, also on another server', async () => {
    const [bytes, other] = await imagesFrom(seed + 200, 2);
    if (!bytes || !other) throw new Error('There are two images.');
    const key = `conflict ${seed}`;
    await send(clientAt(0), bytes, key, 'case 1');
    for (const server of [0, 1]) {
      expect(await send(clientAt(server), other, key, 'case 1')).toEqual({ id: null, code: 'CONFLICT' });
      expect(await send(clientAt(server), bytes, key, 'case 2')).toEqual({ id: null, code: 'CONFLICT' });
    }
    expect(await countsOf([bytes, other])).toEqual([1, 0]);
  });

  test('attempts at the same time on three servers make one prediction', async () => {
    const images = await imagesFrom(seed + 300, 5);
    const answers = await Promise.all(
      images.flatMap((bytes, index) =>
        [0, 1, 2, 0, 1, 2].map((server) => send(clientAt(server), bytes, `at once ${seed} ${index}`, null)),
      ),
    );
    expect(answers.filter(({ id }) => id === null)).toEqual([]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(5);
    expect(await countsOf(images)).toEqual(Array(5).fill(1));
  });

  test('another account may use the same id', async () => {
    const bytes = await smear(seed + 400);
    const key = `shared ${seed}`;
    const first = await send(clientAt(0), bytes, key, null);
    const other = await send(colleague, bytes, key, null);
    expect(other.id).toMatch(/^pred_/);
    expect(other.id).not.toBe(first.id);
    expect(await countsOf([bytes])).toEqual([2]);
  });

  test('an id is kept for 24 hours', async () => {
    const bytes = await smear(seed + 500);
    const key = `a day ${seed}`;
    const first = await send(clientAt(0), bytes, key, null);
    const madeAgo = (interval: string) =>
      database.$executeRaw`UPDATE "ClientRequest" SET "createdAt" = now() - ${interval}::interval WHERE key = ${key}`;
    await madeAgo('23 hours 59 minutes');
    expect(await send(clientAt(1), bytes, key, null)).toEqual(first);
    await madeAgo('24 hours 1 second');
    const [one, two] = await Promise.all([0, 1].map((server) => send(clientAt(server), bytes, key, null)));
    expect(one?.id).not.toBe(first.id);
    expect(two).toEqual(one);
    expect(await countsOf([bytes])).toEqual([2]);
  });

  test('a repeat after the case was erased is a conflict, and brings nothing back', async () => {
    const bytes = await smear(seed + 600);
    const key = `erased ${seed}`;
    const caseReference = `case of ${seed}`;
    await send(clientAt(0), bytes, key, caseReference);
    const { data } = await clientAt(1).graphql(
      'mutation ($input: EraseCaseInput!) { eraseCase(input: $input) { userErrors { message } } }',
      { input: { caseReference, reason: 'The patient asked.' } },
    );
    expect(data.eraseCase.userErrors).toEqual([]);
    for (const server of [0, 1, 2])
      expect(await send(clientAt(server), bytes, key, caseReference)).toEqual({ id: null, code: 'CONFLICT' });
    expect(await countsOf([bytes])).toEqual([0]);
  });
});

test('fields whose requests are cut off and repeated are recorded once, with all of their cells', async () => {
  const cells = [1, 2, 3, 4].map((column) => [column * 120, 240] as const);
  const images = await Promise.all([3, 4, 5].map((red) => drawField(cells, [240 + red, 230, 221])));
  const sendField = async (client: TestClient, bytes: Buffer, key: string, cutAfterMs?: number) => {
    const form = new FormData();
    form.append('image', new Blob([Uint8Array.from(bytes)]), 'field.png');
    const response = await client.fetch('/predict?field=true', {
      ...{ method: 'POST', headers: { 'Idempotency-Key': key }, body: form },
      signal: cutAfterMs === undefined ? null : AbortSignal.timeout(cutAfterMs),
    });
    return [response.status, JSON.parse(await response.text()).length];
  };
  for (const cutAfterMs of [5, 50, 200, 800]) {
    await Promise.all(
      images.map((bytes, index) =>
        sendField(clientAt(0), bytes, `field ${index}`, cutAfterMs).catch(() => null),
      ),
    );
  }
  for (const server of [0, 1])
    for (const [index, bytes] of images.entries())
      expect(await sendField(clientAt(server), bytes, `field ${index}`)).toEqual([200, cells.length]);
  expect(await countsOf(images)).toEqual([4, 4, 4]);
  const fields = await database.field.findMany({ select: { _count: { select: { predictions: true } } } });
  expect(fields.map(({ _count }) => _count.predictions)).toEqual([4, 4, 4]);
});
