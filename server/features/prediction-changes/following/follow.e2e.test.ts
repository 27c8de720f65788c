import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createDatabase, type Database } from '../../../database/client.js';
import { newId } from '../../../database/ids.js';
import { createTestClient, type TestClient } from '../../../http/testing.js';
import { startServer, type TestServer } from '../../../testing.js';
import { pollChanges, subscribeToChanges, subscribeToCreated } from './testing.js';
import type { WriterOptions } from '../writing/testing.js';

// Programs follow the history over HTTP and WebSocket while several processes write and one of them is killed.
// `benchmarks/follow` does the same with 100,000 rows.

const WRITER = fileURLToPath(new URL('../writing/testing.js', import.meta.url));

let server: TestServer;
let database: Database;
let admin: TestClient;

beforeAll(async () => {
  server = await startServer();
  database = createDatabase(server.databaseUrl, 2);
  admin = createTestClient(server.url);
  await admin.signIn(server.admin);
});
afterAll(async () => {
  await database.$disconnect();
  await server.stop();
});

async function newVersion(): Promise<string> {
  const model = await database.model.create({ data: { id: newId('model'), name: newId('model') } });
  const version = await database.modelVersion.create({
    data: {
      ...{ id: newId('mver'), modelId: model.id, version: 1, status: 'READY', digest: 'a'.repeat(64) },
      ...{ manifest: {}, classes: ['normal', 'blast'], positiveLabel: 'blast', inputSize: 32 },
      ...{ decisionThreshold: 0.5, abstentionBand: [0.4, 0.6], modelCard: '' },
    },
  });
  return version.id;
}

function startWriter(options: WriterOptions) {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    kill: () => child.kill('SIGKILL'),
    ended: once(child, 'exit').then(([code]) => code as number | null),
  };
}

test('three ways to follow get each prediction once while four processes write, of which one is killed', async () => {
  const { data } = await admin.graphql(
    '{ viewer { id } predictionChanges(last: 1) { pageInfo { endCursor } } }',
  );
  const common = {
    databaseUrl: server.databaseUrl,
    modelVersionId: await newVersion(),
    userId: data.viewer.id as string,
  };
  const signals = new AbortController();
  const subscribing = { url: server.url, client: admin, longestMs: 1_500 };
  const after = data.predictionChanges.pageInfo.endCursor as string;
  const followers = [
    pollChanges(admin, signals.signal),
    subscribeToChanges({ ...subscribing, after }, signals.signal),
    subscribeToCreated({ ...subscribing, after }, signals.signal),
  ];
  const writers = [
    startWriter({ ...common, kind: 'api', count: 1_000, rate: 150 }),
    startWriter({ ...common, kind: 'api', count: 1_000, rate: 150 }),
    startWriter({ ...common, kind: 'folder', count: 1_000, rate: 150 }),
  ];
  const modelVersionId = await newVersion();
  const killed = startWriter({ ...common, modelVersionId, kind: 'folder', count: 100_000, rate: 150 });
  const state = { hasEnded: false };
  void killed.ended.then(() => (state.hasEnded = true));
  const itsRows = () => database.prediction.count({ where: { modelVersionId } });
  while (!state.hasEnded && (await itsRows()) < 200) await sleep(100);
  killed.kill();
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  expect(await killed.ended).toBeNull();

  const written = (await database.prediction.findMany({ select: { id: true } })).map(({ id }) => id);
  expect(written.length).toBeGreaterThan(3_000);
  const isComplete = () => followers.every(({ received }) => received.length >= written.length);
  for (let waited = 0; waited < 600_000 && !isComplete(); waited += 200) await sleep(200);
  await sleep(1_500); // for what may come twice
  signals.abort();
  await Promise.all(followers.map(({ ended }) => ended));
  for (const { name, received, attempts } of followers) {
    const got = new Set(received);
    const missed = written.filter((id) => !got.has(id)).length;
    expect({ name, missed, repeated: received.length - got.size }).toEqual({ name, missed: 0, repeated: 0 });
    expect(attempts).toBeGreaterThan(3);
  }
});
