import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import sharp from 'sharp';
import { createDatabase, type Database } from '../database/client.js';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient, type TestClient } from './testing.js';

// Several images in one request, with real uploads.

const QUERY = `mutation ($images: [Upload!]!, $input: ClassifyInput) {
  classifyImages(images: $images, input: $input) {
    results { fileName prediction { id fileName caseReference } userErrors { code field message } }
    userErrors { code field message }
  }
}`;

let server: TestServer;
let client: TestClient;
let database: Database;

beforeAll(async () => {
  server = await startServer({ env: { MAX_UPLOAD_BYTES: '8000000' } });
  client = createTestClient(server.url);
  await client.signIn(server.admin);
  database = createDatabase(server.databaseUrl, 1);
});
afterAll(async () => {
  await database.$disconnect();
  await server.stop();
});

interface SentFile {
  name: string;
  bytes: Uint8Array;
}

const cellOf = async (seed: number): Promise<SentFile> => ({
  name: `cell ${seed}.png`,
  bytes: await drawSmear({ seed, width: 60, height: 60 }).png().toBuffer(),
});
const cellsOf = (...seeds: number[]) => Promise.all(seeds.map(cellOf));

/** @param order the places of the files in the list, in the order in which they are sent; default: that of the list */
function formOf(files: SentFile[], input: object = {}, order = files.map((_file, index) => index)): FormData {
  const form = new FormData();
  const variables = { images: order.map(() => null), input };
  form.append('operations', JSON.stringify({ query: QUERY, variables }));
  form.append(
    'map',
    JSON.stringify(Object.fromEntries(order.map((at) => [`f${at}`, [`variables.images.${at}`]]))),
  );
  for (const at of order) {
    const file = files[at];
    if (file) form.append(`f${at}`, new Blob([Uint8Array.from(file.bytes)]), file.name);
  }
  return form;
}

async function post(form: FormData, headers: Record<string, string> = {}) {
  const response = await client.fetch('/graphql', {
    ...{ method: 'POST', body: form },
    headers: { 'Apollo-Require-Preflight': 'true', ...headers },
  });
  const text = await response.text();
  return { status: response.status, ...JSON.parse(text) };
}

async function resultsOf(...parameters: Parameters<typeof formOf>) {
  const { status, data, errors } = await post(formOf(...parameters));
  expect([status, errors, data?.classifyImages.userErrors]).toEqual([200, undefined, []]);
  return data.classifyImages.results;
}

const idsOf = (results: { prediction: { id: string } | null }[]) =>
  results.map(({ prediction }) => prediction?.id ?? null);

test('each image has its own result, in the order of the list, and one that is refused does not affect the others', async () => {
  const [first, last] = await cellsOf(1, 2);
  const broken = { name: 'notes.txt', bytes: Buffer.from('no image') };
  const large = { name: 'large.png', bytes: Buffer.alloc(8_000_001, 1) };
  const empty = { name: 'empty.png', bytes: Buffer.alloc(0) };
  const files = [first, broken, large, empty, last] as SentFile[];
  const results = await resultsOf(files, { caseReference: 'several' });
  expect(results.map(({ fileName }: SentFile & { fileName: string }) => fileName)).toEqual(
    files.map(({ name }) => name),
  );
  const made = { id: expect.stringMatching(/^pred_/), caseReference: 'several' };
  expect(results).toMatchObject([
    { prediction: { ...made, fileName: 'cell 1.png' }, userErrors: [] },
    { prediction: null, userErrors: [{ code: 'UNREADABLE_IMAGE', field: ['images', '1'] }] },
    { prediction: null, userErrors: [{ code: 'TOO_LARGE', field: ['images', '2'] }] },
    { prediction: null, userErrors: [{ code: 'UNREADABLE_IMAGE', field: ['images', '3'] }] },
    { prediction: { ...made, fileName: 'cell 2.png' }, userErrors: [] },
  ]);
  expect(await database.prediction.count({ where: { caseReference: 'several' } })).toBe(2);
});

test('fifty images in any order of the form', async () => {
  const files = await cellsOf(...Array.from({ length: 50 }, (_each, index) => 100 + index));
  const order = files.map((_file, index) => index).reverse();
  const results = await resultsOf(files, {}, order);
  expect(results.map((result: any) => [result.fileName, result.prediction?.fileName])).toEqual(
    files.map(({ name }) => [name, name]),
  );
  expect(new Set(idsOf(results)).size).toBe(50);
});

test('a file that the form does not contain is missing, and the others are classified', async () => {
  const [first, second] = await cellsOf(3, 4);
  const results = await resultsOf([first, second] as SentFile[], {}, [0, 1, 2]);
  expect(results).toMatchObject([
    { prediction: { fileName: 'cell 3.png' } },
    { prediction: { fileName: 'cell 4.png' } },
    { prediction: null, fileName: null, userErrors: [{ code: 'INVALID', field: ['images', '2'] }] },
  ]);
});

test('a repeated request returns the first predictions, and only the image that differs is a conflict', async () => {
  const files = await cellsOf(5, 6, 7);
  const input = { clientRequestId: 'batch 1' };
  const first = idsOf(await resultsOf(files, input));
  expect(idsOf(await resultsOf(files, input))).toEqual(first);
  const byHeader = await post(formOf(files), { 'Idempotency-Key': '"batch 1"' });
  expect(idsOf(byHeader.data.classifyImages.results)).toEqual(first);
  const other = await resultsOf([...files.slice(0, 2), await cellOf(8)], input);
  expect(idsOf(other)).toEqual([first[0], first[1], null]);
  expect(other[2].userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'clientRequestId'] }]);
  // The same image twice in one request: two predictions.
  const twice = await resultsOf([files[0], files[0]] as SentFile[], { clientRequestId: 'batch 2' });
  expect(new Set(idsOf(twice)).size).toBe(2);
});

test('a request without images, with too many, or with an invalid id is refused as a whole', async () => {
  const refused = async (files: SentFile[], input: object = {}) => (await post(formOf(files, input))).data;
  const answer = await client.graphql(QUERY, { images: [] });
  expect(answer.data.classifyImages).toMatchObject({
    results: [],
    userErrors: [
      { code: 'INVALID', field: ['images'], message: expect.stringContaining('between 1 and 50') },
    ],
  });
  const cell = await cellOf(9);
  expect((await refused([cell], { clientRequestId: 'x'.repeat(201) })).classifyImages).toMatchObject({
    results: [],
    userErrors: [{ code: 'INVALID', field: ['input', 'clientRequestId'] }],
  });
  const before = await database.prediction.count();
  const tooMany = await post(formOf(Array.from({ length: 51 }, () => cell)));
  expect(tooMany).toMatchObject({
    status: 400,
    errors: [{ message: 'A request has at most 50 files.', extensions: { code: 'BAD_USER_INPUT' } }],
  });
  expect(await database.prediction.count()).toBe(before);
});

test('it is for those who may classify', async () => {
  const send = async (headers: Record<string, string>) => {
    const stranger = createTestClient(server.url);
    Object.assign(stranger.headers, headers);
    const response = await stranger.fetch('/graphql', {
      ...{ method: 'POST', body: formOf([await cellOf(10)]) },
      headers: { 'Apollo-Require-Preflight': 'true' },
    });
    return JSON.parse(await response.text()).errors?.[0].extensions.code;
  };
  expect(await send({})).toBe('UNAUTHENTICATED');
  const { data } = await client.graphql(
    'mutation { createApiToken(input: { name: "reader", scopes: [READ_HISTORY] }) { secret } }',
  );
  expect(await send({ authorization: `Bearer ${data.createApiToken.secret}` })).toBe('FORBIDDEN');
});

/** The body of a form, and its type. */
async function encoded(form: FormData): Promise<{ type: string; body: Buffer }> {
  const response = new Response(form);
  const body = Buffer.from(await response.arrayBuffer());
  return { type: response.headers.get('content-type') ?? '', body };
}

function beginPost(type: string, length: number) {
  const { hostname, port } = new URL(server.url);
  return httpRequest({
    ...{ hostname, port, path: '/graphql', method: 'POST' },
    headers: {
      cookie: client.headers.cookie,
      'apollo-require-preflight': 'true',
      'content-type': type,
      'content-length': length,
    },
  });
}

test('a connection that breaks leaves the images that had arrived, and a repeat classifies the others', async () => {
  const files = await cellsOf(20, 21, 22, 23);
  const input = { clientRequestId: 'cut', caseReference: 'cut' };
  const { type, body } = await encoded(formOf(files, input));
  const third = body.indexOf(Buffer.from(files[2]?.bytes ?? []));
  const sending = beginPost(type, body.length);
  sending.on('error', () => {});
  sending.write(body.subarray(0, third + 100));
  const recorded = () => database.prediction.count({ where: { caseReference: 'cut' } });
  while ((await recorded()) < 2) await sleep(50);
  sending.destroy();
  await sleep(1_000); // the part of an image must not be classified
  expect(await recorded()).toBe(2);

  const before = await database.prediction.findMany({
    where: { caseReference: 'cut' },
    orderBy: { fileName: 'asc' },
    omit: { evidence: true },
  });
  const results = await resultsOf(files, input);
  expect(idsOf(results).slice(0, 2)).toEqual(before.map(({ id }) => id));
  expect(await recorded()).toBe(4);
});

test('a form that ends in the middle of an image classifies the images before it', async () => {
  const files = await cellsOf(30, 31);
  const { type, body } = await encoded(formOf(files, { caseReference: 'truncated' }));
  const second = body.indexOf(Buffer.from(files[1]?.bytes ?? []));
  const truncated = body.subarray(0, second + 100);
  const response = await client.fetch('/graphql', {
    ...{ method: 'POST', body: Uint8Array.from(truncated) },
    headers: { 'Apollo-Require-Preflight': 'true', 'Content-Type': type },
  });
  const { data } = JSON.parse(await response.text());
  expect(data.classifyImages.results).toMatchObject([
    { prediction: { fileName: 'cell 30.png' }, userErrors: [] },
    {
      prediction: null,
      userErrors: [
        {
          code: 'INVALID',
          field: ['images', '1'],
          message: expect.stringContaining('The form is incomplete'),
        },
      ],
    },
  ]);
  expect(await database.prediction.count({ where: { caseReference: 'truncated' } })).toBe(1);
});

test('the server reads further images only when earlier ones are recorded', async () => {
  const files = await Promise.all(
    Array.from({ length: 20 }, async (_each, index) => ({
      name: `noise ${index}.png`,
      bytes: await sharp({
        create: {
          ...{ width: 1200, height: 1200, channels: 3, background: 'white' },
          noise: { type: 'gaussian', mean: 100 + index, sigma: 50 },
        },
      })
        .png({ compressionLevel: 0 })
        .toBuffer(),
    })),
  );
  const { type, body } = await encoded(formOf(files, { caseReference: 'large' }));
  const lock = new pg.Client(server.databaseUrl);
  await lock.connect();
  await lock.query('BEGIN');
  await lock.query('LOCK TABLE "Prediction" IN EXCLUSIVE MODE'); // nothing can be recorded
  const sending = beginPost(type, body.length);
  const answered = once(sending, 'response');
  let sent = 0;
  const send = async () => {
    for (; sent < body.length; sent += 65_536) {
      const fits = sending.write(body.subarray(sent, sent + 65_536));
      if (!fits) await once(sending, 'drain');
    }
    sending.end();
  };
  const sendingAll = send();
  await sleep(4_000);
  const accepted = sent;
  await lock.query('ROLLBACK');
  await lock.end();
  await sendingAll;
  const [response] = (await answered) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const { results } = JSON.parse(text).data.classifyImages;
  expect(idsOf(results)).not.toContain(null);
  // Four images, the next, and what the buffers of the connection hold.
  expect(accepted).toBeLessThan(body.length / 2);
});
