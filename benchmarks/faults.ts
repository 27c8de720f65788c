// How each fault of the database and the object store affects clients, how soon /readyz reports it, and how soon both recover:
//   node scripts/run.mjs benchmarks/faults [PATTERN]       all faults, or those whose name the regular expression finds
// A fresh Postgres, a server as `npm start` runs it, and TCP proxies in front of Postgres and S3 (where Ceph is installed, see
// scripts/ceph-rgw.mjs). A client classifies an image it has not sent before every 0.2 s while another asks /readyz.
// Every fault lasts SECONDS. Afterwards, every acknowledged prediction must be in the database. See docs/faults.md.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { pino } from 'pino';
import { z } from 'zod';
import { CloseStack } from '../server/close-stack.js';
import { loadConfig } from '../server/config.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { drawDemoCells } from '../server/imaging/demo-cells.js';
import { type RunningServer, startServer } from '../server/main.js';
import { startTcpProxy, type TcpFault, type TcpProxy } from '../server/outages/testing.js';
import { markedImage } from './serving/images.js';
import { startCeph } from './serving/site.js';

const SECONDS = 12;
const PAUSE_MS = 200;
/** Longest wait for the recovery. */
const RECOVERY_S = 120;
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

const CLASSIFY = `mutation ($image: Upload!) { classify(image: $image) { prediction { id } userErrors { code } } }`;
const Classified = z.object({
  data: z
    .object({
      classify: z.object({
        prediction: z.object({ id: z.string() }).nullable(),
        userErrors: z.array(z.object({ code: z.string() })),
      }),
    })
    .nullish(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).optional(),
});

interface Fault {
  name: string;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

const pattern = new RegExp(process.argv[2] ?? '');
const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });
const parts = new CloseStack(log);
const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-faults-'));
parts.add(folder, (it) => rm(it, { recursive: true, force: true }));
await chmod(folder, 0o755); // Postgres may run as another user
const run = promisify(execFile);
let counter = 0;
let picture: Buffer | null = null;
for await (const { bytes } of drawDemoCells({ count: 1, seed: 1, size: 240 })) picture = Buffer.from(bytes);
if (!picture) throw new Error('No image was drawn.');
const image = picture;
const runId = Date.now() % 2 ** 40;

try {
  const postgres = parts.add(await startEmbeddedPostgres(path.join(folder, 'postgres')), (it) => it.stop());
  const proxy = parts.add(await startTcpProxy(postgres.url), (it) => it.close());
  const cluster = path.join(folder, 'postgres', 'cluster');
  console.log(
    '| fault | clients saw | first refusal, s | /readyz 503 after, s | answers again after, s | /readyz 200 after, s | acknowledged, lost |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  await measure({ DATABASE_URL: proxy.through(postgres.url) }, [
    ...networkFaults('Postgres', proxy),
    ...postgresFaults(postgres.url, cluster),
    ...folderFaults(path.join(folder, 'data', 'objects')),
  ]);
  const ceph = await startCeph().catch(() => null);
  if (ceph) {
    parts.add(ceph, (it) => it.stop());
    const { S3_ENDPOINT: endpoint = '' } = ceph.settings;
    const s3 = parts.add(await startTcpProxy(endpoint), (it) => it.close());
    const settings = { ...ceph.settings, S3_ENDPOINT: new URL(s3.through(endpoint)).origin };
    // A separate database, because the objects that the first database refers to are in the folder.
    const admin = new pg.Client(postgres.url);
    await admin.connect();
    await admin.query('CREATE DATABASE faults_of_s3').finally(() => admin.end());
    const databaseUrl = new URL('/faults_of_s3', postgres.url).href;
    await measure({ DATABASE_URL: databaseUrl, ...settings }, networkFaults('S3', s3));
  } else console.log('S3 was left out: Ceph is not installed (node scripts/ceph-rgw.mjs install).');
} finally {
  await parts.close();
}
process.exit(0);

function networkFaults(what: string, proxy: TcpProxy): Fault[] {
  const fault = (name: string, it: TcpFault): Fault => ({
    name: `${what}: ${name}`,
    begin: () => proxy.set(it),
    end: () => proxy.heal(),
  });
  return [
    fault('packets dropped, sent again afterwards', { kind: 'silence' }),
    fault('packets dropped, connections forgotten', { kind: 'lose' }),
    fault('only the replies dropped', { kind: 'silence', only: 'replies' }),
    fault('only the replies dropped, connections forgotten', { kind: 'lose', only: 'replies' }),
    fault('50 ms more each way', { kind: 'delay', milliseconds: 50 }),
    fault('2 s more each way', { kind: 'delay', milliseconds: 2000 }),
    fault('connections reset', { kind: 'reset' }),
    fault('connections refused', { kind: 'refuse' }),
  ];
}

function postgresFaults(url: string, cluster: string): Fault[] {
  const sql = async (text: string, database = new URL(url).pathname) => {
    // Works even if the database is set to read-only.
    const client = new pg.Client({
      connectionString: new URL(database, url).href,
      options: '-c default_transaction_read_only=off',
    });
    await client.connect();
    await client.query(text).finally(() => client.end());
  };
  const name = new URL(url).pathname.slice(1);
  const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = '${name}' AND pid <> pg_backend_pid()`;
  const postmaster = async () =>
    (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8')).split('\n')[0] ?? '';
  const all = async () => {
    const { stdout } = await run('pgrep', ['-P', await postmaster()]);
    return [await postmaster(), ...stdout.split('\n').filter(Boolean)];
  };
  let stopped: string[] = [];
  const settings = (on: string) =>
    sql(`ALTER DATABASE ${name} SET default_transaction_read_only = ${on}`).then(() => sql(others));
  let locker: pg.Client | null = null;
  return [
    {
      name: 'Postgres: read-only (failover)',
      begin: () => settings('on'),
      end: () => sql(`ALTER DATABASE ${name} RESET default_transaction_read_only`).then(() => sql(others)),
    },
    { name: 'Postgres: all connections terminated once', begin: () => sql(others), end: async () => {} },
    {
      name: 'Postgres: takes no connections',
      begin: () =>
        sql(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`, '/postgres').then(() =>
          sql(others, '/postgres'),
        ),
      end: () => sql(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`, '/postgres'),
    },
    {
      name: 'Postgres: processes stopped (SIGSTOP)',
      begin: async () => {
        stopped = await all();
        await run('kill', ['-STOP', ...stopped]);
      },
      end: () => run('kill', ['-CONT', ...stopped]),
    },
    {
      name: 'Postgres: killed (SIGKILL), started again by its supervisor',
      begin: async () => run('kill', ['-KILL', await postmaster()]),
      end: async () => {},
    },
    {
      name: 'Postgres: the table of predictions locked',
      begin: async () => {
        locker = new pg.Client(url);
        await locker.connect();
        await locker.query('BEGIN; LOCK TABLE "Prediction" IN ACCESS EXCLUSIVE MODE');
      },
      end: async () => locker?.end(),
    },
  ];
}

function folderFaults(objects: string): Fault[] {
  return [
    {
      name: 'folder store: the folder moved away',
      begin: () => rename(objects, `${objects}-away`),
      end: async () => {
        await rm(objects, { recursive: true, force: true });
        await rename(`${objects}-away`, objects);
      },
    },
    ...(process.getuid?.() === 0
      ? [
          {
            name: 'folder store: the disk full',
            begin: async () => {
              await run('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', objects]);
            },
            end: () => run('umount', ['-l', objects]),
          },
        ]
      : []),
  ];
}

async function measure(env: Record<string, string>, faults: Fault[]): Promise<void> {
  const chosen = faults.filter(({ name }) => pattern.test(name));
  if (chosen.length === 0) return;
  await mkdir(path.join(folder, 'data'), { recursive: true });
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: path.join(folder, 'data'),
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    WORKER: 'external',
    INFERENCE_THREADS: '1',
    ...env,
  });
  const server = await startServer(config, log, () => {});
  try {
    const cookie = await signIn(server);
    for (const fault of chosen) await measureFault(server, cookie, fault);
  } finally {
    await server.stop();
  }
}

interface Answer {
  /** On the clock of `performance`. */
  at: number;
  word: string;
}

async function measureFault(server: RunningServer, cookie: string, fault: Fault): Promise<void> {
  const stop = new AbortController();
  const acknowledged: string[] = [];
  const answers: Answer[] = [];
  const ready: Answer[] = [];
  const repeat = async (into: Answer[], ask: () => Promise<string>) => {
    while (!stop.signal.aborted) {
      void ask().then(
        (word) => into.push({ at: performance.now(), word }),
        (error: unknown) => into.push({ at: performance.now(), word: String(error) }),
      );
      await sleep(PAUSE_MS);
    }
  };
  const loops = Promise.all([
    repeat(answers, async () => {
      const { word, id } = await predict(server, cookie);
      if (id) acknowledged.push(id);
      return word;
    }),
    repeat(ready, async () => String((await fetch(`${server.url}/readyz`)).status)),
  ]);
  await until(answers, '200', performance.now());
  const begin = performance.now();
  await fault.begin();
  await sleep(SECONDS * 1000);
  const end = performance.now();
  await fault.end();
  const after = (list: Answer[], from: number, isIt: (word: string) => boolean) => {
    const found = list.find(({ at, word }) => at >= from && isIt(word));
    return found ? ((found.at - from) / 1000).toFixed(1) : '–';
  };
  await until(answers, '200', end);
  await until(ready, '200', end);
  await sleep(3000);
  stop.abort();
  await loops;
  const during = answers.filter(({ at }) => at >= begin && at <= end + 2000).map(({ word }) => word);
  const saw = [...new Set(during)].map((word) => `${during.filter((it) => it === word).length} × ${word}`);
  const lost = await countLost(server, cookie, acknowledged);
  const cells = [
    fault.name,
    saw.join(', ') || 'nothing',
    after(answers, begin, (word) => word !== '200'),
    after(ready, begin, (word) => word === '503'),
    after(answers, end, (word) => word === '200'),
    after(ready, end, (word) => word === '200'),
    `${acknowledged.length}, ${lost}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

async function until(list: Answer[], word: string, from: number): Promise<void> {
  for (const end = Date.now() + RECOVERY_S * 1000; Date.now() < end; await sleep(20))
    if (list.some((answer) => answer.at >= from && answer.word === word)) return;
}

async function predict({ url }: RunningServer, cookie: string): Promise<{ word: string; id: string | null }> {
  const form = new FormData();
  form.append('operations', JSON.stringify({ query: CLASSIFY, variables: { image: null } }));
  form.append('map', JSON.stringify({ 0: ['variables.image'] }));
  form.append('0', new Blob([Uint8Array.from(markedImage(image, runId, ++counter))]), 'cell.jpg');
  const headers = { cookie, 'Apollo-Require-Preflight': 'true' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: form });
  const { data, errors } = Classified.parse(await response.json());
  const id = data?.classify.prediction?.id ?? null;
  const word = id ? '200' : (errors?.[0]?.extensions.code ?? data?.classify.userErrors[0]?.code ?? 'nothing');
  return { word, id };
}

async function countLost({ url }: RunningServer, cookie: string, ids: string[]): Promise<number> {
  let lost = 0;
  for (const id of ids) {
    const body = JSON.stringify({ query: `{ node(id: ${JSON.stringify(id)}) { id } }` });
    const headers = { cookie, 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    if (!(await response.text()).includes(`"node":{"id":"${id}"}`)) lost += 1;
  }
  return lost;
}

async function signIn({ url }: RunningServer): Promise<string> {
  const query = `mutation ($email: String!, $password: String!) {
    signIn(email: $email, password: $password) { viewer { id } userErrors { message } } }`;
  const body = JSON.stringify({ query, variables: ADMIN });
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}
