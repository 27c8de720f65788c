import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { startTcpProxy, type TcpProxy } from '../../server/outages/testing.js';
import { type Change, type Client, createClient } from '../typescript/client.js';
import { ApiError, ConnectionError } from '../typescript/errors.js';
import { ChampionsDocument, PredictionsDocument } from '../typescript/generated/graphql.js';
import { type ServerForPrograms, startServerForPrograms } from './testing.js';

let server: ServerForPrograms;
let proxy: TcpProxy;
/** Reaches the server directly, and through a proxy that fails. */
let direct: Client;
let client: Client;

beforeAll(async () => {
  server = await startServerForPrograms();
  proxy = await startTcpProxy(server.server.url);
  direct = openClient(server.server.url);
  client = openClient(proxy.through(server.server.url));
});
afterEach(() => proxy.heal());
afterAll(async () => {
  client.close();
  direct.close();
  await proxy.close();
  await server.stop();
});

const openClient = (url: string, token = server.token) => createClient({ url, token, webSocket: WebSocket });
const image = async () => Uint8Array.from(await server.drawCell());

async function countPredictions(): Promise<number> {
  return (await direct.request(PredictionsDocument, { first: 1 })).predictions.totalCount;
}

async function classify(): Promise<string> {
  const { prediction, userErrors } = await direct.classify(await image());
  expect(userErrors).toEqual([]);
  return prediction?.id ?? '';
}

test('classifies an image with what it is given', async () => {
  const options = { fileName: 'Zelle 1.png', caseReference: 'Case 7' };
  const { prediction, userErrors } = await client.classify(await image(), options);
  expect(userErrors).toEqual([]);
  expect(prediction).toMatchObject({ ...options, modelVersion: { positiveLabel: 'blast' } });
  const refused = await client.classify(new Blob(['not an image']));
  expect(refused).toMatchObject({ prediction: null, userErrors: [{ code: 'UNREADABLE_IMAGE' }] });
});

test('makes one prediction when the response is lost', async () => {
  const before = await countPredictions();
  await proxy.set({ kind: 'silence', only: 'replies' });
  const classified = client.classify(await image());
  while ((await countPredictions()) === before) await sleep(50);
  await proxy.set({ kind: 'refuse' });
  await sleep(200);
  await proxy.heal();
  const { prediction } = await classified;
  expect(prediction).toMatchObject({ id: expect.stringMatching(/^pred_/) });
  expect(await countPredictions()).toBe(before + 1);
});

test('does not send a mutation without an id again when the response is lost', async () => {
  const id = await classify();
  const reviews = async () => {
    const query = 'query ($id: ID!) { prediction(id: $id) { reviews { id } } }';
    return (await direct.request<any, Record<string, unknown>>(query, { id })).prediction.reviews.length;
  };
  await proxy.set({ kind: 'silence', only: 'replies' });
  const review = `mutation ($id: ID!) {
    reviewPrediction(input: { predictionId: $id, label: "blast" }) { userErrors { message } }
  }`;
  const reviewed = client.request(review, { id });
  reviewed.catch(() => {});
  while ((await reviews()) === 0) await sleep(50);
  await proxy.set({ kind: 'reset' });
  await proxy.heal();
  await expect(reviewed).rejects.toThrow(ConnectionError);
  expect(await reviews()).toBe(1);
});

test('sends a query again until the server can be reached', async () => {
  await proxy.set({ kind: 'refuse' });
  const answer = client.request(ChampionsDocument, {});
  await sleep(700);
  await proxy.heal();
  expect((await answer).models).toMatchObject([{ champion: { positiveLabel: 'blast' } }]);
});

test('stops waiting for the server after the time that it was given, or at a signal', async () => {
  await proxy.set({ kind: 'refuse' });
  const impatient = createClient({ url: proxy.through(server.server.url), token: server.token, retryMs: 0 });
  await expect(impatient.request(ChampionsDocument, {})).rejects.toThrow(ConnectionError);
  const signal = AbortSignal.timeout(100);
  await expect(client.request(ChampionsDocument, {}, { signal })).rejects.toThrow('timeout');
});

test('reports what the server refuses, with the code', async () => {
  const stranger = openClient(server.server.url, 'cyto_invalid');
  const refused: unknown = await stranger.request(ChampionsDocument, {}).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiError);
  expect(refused).toMatchObject({
    code: 'UNAUTHENTICATED',
    message: expect.stringContaining('token was refused'),
  });
  await expect(stranger.followPredictions().next()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  const followed = client.subscribe('subscription { predictionChanged(after: "x") { cursor } }', {}).next();
  await expect(followed).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  const elsewhere = openClient(`${server.server.url}/models`);
  await expect(elsewhere.request(ChampionsDocument, {})).rejects.toThrow('Check the address.');
});

test('follows the history through lost connections: nothing is missed, nothing comes twice', async () => {
  const stop = new AbortController();
  const changes: Change[] = [];
  const started = new AbortController();
  const follow = async () => {
    for await (const change of client.followPredictions({ signal: stop.signal })) {
      changes.push(change);
      started.abort();
    }
  };
  const followed = follow();
  followed.catch(() => {});
  const ids: string[] = [];
  // Until the first change has come, it is not known since when it follows.
  while (!started.signal.aborted) {
    ids.push(await classify());
    await sleep(100);
  }
  for (const fault of ['reset', 'refuse', 'reset'] as const) {
    ids.push(await classify());
    await proxy.set({ kind: fault });
    ids.push(await classify());
    await proxy.heal();
    ids.push(await classify());
  }
  const expected = () => ids.slice(ids.indexOf(changes[0]?.predictionId ?? ''));
  while (changes.length < expected().length) await sleep(50);
  await sleep(500); // would bring what comes twice
  expect(changes.map(({ predictionId }) => predictionId)).toEqual(expected());

  const cursor = changes[2]?.cursor;
  const again: string[] = [];
  for await (const { predictionId } of client.followPredictions({ after: cursor })) {
    again.push(predictionId);
    if (again.length === changes.length - 3) break;
  }
  expect(again).toEqual(expected().slice(3));
  stop.abort(new Error('Enough.'));
  await expect(followed).rejects.toThrow('Enough.');
});
