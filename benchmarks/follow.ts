// Whether programs that follow the history get every prediction once, while several processes write:
//   node scripts/run.mjs benchmarks/follow [ROWS] [ROWS A SECOND]        by default 100,000 rows at 500 a second
// A fresh Postgres, a server as `npm start` runs it, and four processes that record predictions with the server's own code: three as
// API processes do, and one as the worker does for a folder, whose transactions commit up to 215 ms late. After a third of the time, one
// of the API processes is killed and replaced. Followers poll, or subscribe over connections that are cut and resumed. At the end
// the ids that each follower received are compared with the table.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { z } from 'zod';
import { CloseStack } from '../server/close-stack.js';
import { loadConfig } from '../server/config.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { newId } from '../server/database/ids.js';
import { hashPassword } from '../server/features/accounts/passwords.js';
import {
  type Follower,
  pollChanges,
  pollOldestFirst,
  subscribeToChanges,
  subscribeToCreated,
} from '../server/features/prediction-changes/following/testing.js';
import type { WriterOptions } from '../server/features/prediction-changes/writing/testing.js';
import { createTestClient, type TestClient } from '../server/http/testing.js';
import { startServer } from '../server/main.js';

const [rows = 100_000, rate = 500] = process.argv.slice(2).map(Number);
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };
const WRITER = fileURLToPath(
  new URL('../server/features/prediction-changes/writing/testing.js', import.meta.url),
);
/** The longest time until the connection of a subscription is cut. */
const LONGEST_CONNECTION_MS = 5_000;
/** How long followers may take after the last row. */
const PATIENCE_MS = 120_000;

const End = z.object({ predictionChanges: z.object({ pageInfo: z.object({ endCursor: z.string() }) }) });

const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });
const parts = new CloseStack(log);
try {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-follow-'));
  parts.add(folder, (it) => rm(it, { recursive: true, force: true }));
  await chmod(folder, 0o755); // Postgres may run as another user
  const postgres = parts.add(await startEmbeddedPostgres(path.join(folder, 'postgres')), (it) => it.stop());
  const settings = { DATABASE_URL: postgres.url, DATA_DIR: path.join(folder, 'data'), PORT: '0' };
  const config = loadConfig({
    ...settings,
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    WORKER: 'external',
  });
  const server = parts.add(await startServer(config, log, () => {}), (it) => it.stop());
  const database = parts.add(new pg.Client(postgres.url), (it) => it.end());
  await database.connect();
  const { modelVersionId, userId } = await addVersionAndUser(database);

  const ends = new AbortController();
  const clients: TestClient[] = [];
  for (let index = 0; index < 4; index++) clients.push(await newClient(database, server.url));
  const [first, second, third, fourth] = clients;
  if (!first || !second || !third || !fourth) throw new Error('There are four clients.');
  const after = await endOfChanges(first);
  const subscribing = { url: server.url, after, longestMs: LONGEST_CONNECTION_MS };
  const followers = [
    pollChanges(first, ends.signal),
    subscribeToChanges({ ...subscribing, client: second }, ends.signal),
    subscribeToCreated({ ...subscribing, client: third }, ends.signal),
    pollOldestFirst(fourth, ends.signal),
  ];

  const begun = performance.now();
  const share = { databaseUrl: postgres.url, modelVersionId, userId, count: rows / 4, rate: rate / 4 };
  const killed = startWriter({ ...share, kind: 'api' });
  const writers = [
    startWriter({ ...share, kind: 'api' }),
    startWriter({ ...share, kind: 'api' }),
    startWriter({ ...share, kind: 'folder' }),
  ];
  await sleep(((rows / rate) * 1000) / 3);
  killed.kill();
  await killed.ended;
  const left = rows / 4 - (await countOf(database)) / 4;
  writers.push(startWriter({ ...share, kind: 'api', count: Math.ceil(left) }));
  const codes = await Promise.all(writers.map(({ ended }) => ended));
  if (codes.some((code) => code !== 0)) throw new Error(`A writer failed: ${codes.join(', ')}`);
  const writtenAt = performance.now();
  const written = (await database.query<{ id: string }>('SELECT id FROM "Prediction"')).rows.map(
    ({ id }) => id,
  );

  while (
    performance.now() - writtenAt < PATIENCE_MS &&
    !followers.slice(0, 3).every(({ received }) => received.length >= written.length)
  )
    await sleep(100);
  await sleep(2_000); // for what may come twice
  ends.abort();
  await Promise.all(followers.map(({ ended }) => ended));
  console.log(
    `${written.length} rows in ${seconds(writtenAt - begun)} s by 4 processes (${(written.length / ((writtenAt - begun) / 1000)).toFixed(0)} a second), one process killed and replaced`,
  );
  console.log('| follower | requests or connections | received | missed | repeated | s after the last row |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const follower of followers) report(follower, written, writtenAt);
} finally {
  await parts.close();
}

function report({ name, attempts, received, lastAt }: Follower, written: string[], writtenAt: number): void {
  const got = new Set(received);
  const missed = written.filter((id) => !got.has(id)).length;
  const cells = [
    name,
    attempts,
    received.length,
    missed,
    received.length - got.size,
    seconds(lastAt - writtenAt),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1);
}

function startWriter(options: WriterOptions) {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  parts.add(child, (it) => void it.kill('SIGKILL'));
  return {
    kill: () => child.kill('SIGKILL'),
    ended: once(child, 'exit').then(([code]: unknown[]) => code),
  };
}

async function addVersionAndUser(database: pg.Client): Promise<{ modelVersionId: string; userId: string }> {
  const [modelId, modelVersionId, userId] = [newId('model'), newId('mver'), newId('user')];
  await database.query(`INSERT INTO "Model" (id, name) VALUES ($1, 'follow')`, [modelId]);
  await database.query(
    `INSERT INTO "ModelVersion" (id, "modelId", version, status, digest, manifest, classes, "positiveLabel", "inputSize",
       "decisionThreshold", "abstentionBand", "modelCard")
     VALUES ($1, $2, 1, 'READY', repeat('a', 64), '{}', '{normal,blast}', 'blast', 32, 0.5, '{0.4,0.6}', '')`,
    [modelVersionId, modelId],
  );
  await addUser(database, userId, '');
  return { modelVersionId, userId };
}

async function addUser(database: pg.Client, id: string, passwordHash: string): Promise<void> {
  await database.query(
    `INSERT INTO "User" (id, email, "displayName", "passwordHash", roles) VALUES ($1, $2, $1, $3, '{CLINICIAN}')`,
    [id, `${id}@example.org`, passwordHash],
  );
}

/** A client with a separate account, because each account has limits. */
async function newClient(database: pg.Client, url: string): Promise<TestClient> {
  const id = newId('user');
  await addUser(database, id, await hashPassword(ADMIN.password));
  const client = createTestClient(url);
  await client.signIn({ email: `${id}@example.org`, password: ADMIN.password });
  return client;
}

async function endOfChanges(client: TestClient): Promise<string> {
  const response = await client.graphql('{ predictionChanges(last: 1) { pageInfo { endCursor } } }');
  return End.parse(response.data).predictionChanges.pageInfo.endCursor;
}

async function countOf(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ count: number }>('SELECT count(*)::int FROM "Prediction"');
  return rows[0]?.count ?? 0;
}
