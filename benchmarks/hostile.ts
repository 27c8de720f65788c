// The most expensive queries that each role may send, and what each attack does to another user's classifications:
//   node scripts/run.mjs benchmarks/hostile --count 5000        all roles and all attacks; about an hour on 2 cores
//   node scripts/run.mjs benchmarks/hostile --count 100 --samples 50
//   node scripts/run.mjs benchmarks/hostile --count 0 --attack uploads          only the attacks with this in their name
// A fresh Postgres and a server as `npm start` runs it, without a worker, on drawn cells. A query's CPU time is that of the server
// and Postgres, whose clock has steps of 10 ms; its memory is what the server's resident memory grew by. See docs/security.md.
import 'reflect-metadata'; // before any class with TypeGraphQL's decorators
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import sharp from 'sharp';
import { z } from 'zod';
import { Role } from '../server/api/permissions.js';
import { CloseStack } from '../server/close-stack.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { createSchema } from '../server/graphql/schema.js';
import { createTestClient, type TestClient } from '../server/http/testing.js';
import { attacks } from './hostile/attacks.js';
import { hostileQuery, randomOf } from './hostile/queries.js';
import { loadImages, markedImage } from './serving/images.js';
import { cpuSecondsOfFamily } from './serving/process-cpu.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    samples: { type: 'string', default: '100' },
    attack: { type: 'string', default: '' },
  },
});
const COUNT = Number(values.count);
const SAMPLES = Number(values.samples);
const ROUNDS = 5;
const PREDICTIONS = 300;
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };
const CLASSIFY = `mutation ($image: Upload!) { classify(image: $image) { prediction { id } userErrors { code message } } }`;

const Started = z.tuple([z.object({ url: z.string() })]).rest(z.unknown());
const Classified = z.object({ classify: z.object({ prediction: z.object({ id: z.string() }) }) });
const Created = z.object({ createUser: z.object({ oneTimePassword: z.string() }) });
const Models = z.object({
  models: z.tuple([z.object({ id: z.string(), champion: z.object({ id: z.string() }) })]).rest(z.unknown()),
});

const parts = new CloseStack(pino({ level: 'silent' }));
const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-hostile-'));
parts.add(folder, (it) => rm(it, { recursive: true, force: true }));
await chmod(folder, 0o755); // Postgres may run as another user
const images = await loadImages(null);
const run = Date.now() % 2 ** 40;
let counter = 0;
const newImage = () => markedImage(images[counter % images.length] ?? Buffer.alloc(0), run, counter++);

try {
  const postgres = parts.add(await startEmbeddedPostgres(path.join(folder, 'postgres')), (it) => it.stop());
  const postmaster = Number(
    (await readFile(path.join(folder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0],
  );
  const { url, pid } = await startServer(postgres.url);
  const admin = createTestClient(url);
  await admin.signIn(ADMIN);
  const ids: string[] = [];
  while (ids.length < PREDICTIONS) ids.push(await classify(admin));
  const use = () => ({
    cpu: (cpuSecondsOfFamily(pid) ?? 0) + (cpuSecondsOfFamily(postmaster) ?? 0),
    memory: Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
  });
  if (COUNT > 0) await measureQueries(url, admin, ids, use);
  await measureAttacks(url, admin, ids);
} finally {
  await parts.close();
}
process.exit(0);

async function startServer(databaseUrl: string): Promise<{ url: string; pid: number }> {
  const program = fileURLToPath(new URL('serving/server-process.js', import.meta.url));
  const child = fork(program, {
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      DATA_DIR: path.join(folder, 'data'),
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      WORKER: 'external',
      LOG_LEVEL: 'error',
    },
  });
  parts.add(child, async (it) => {
    const ended = once(it, 'exit');
    it.send('stop');
    await ended;
  });
  const [{ url }] = Started.parse(await once(child, 'message'));
  if (!child.pid) throw new Error('The server did not start.');
  return { url, pid: child.pid };
}

async function classify(client: TestClient, image: Uint8Array = newImage()): Promise<string> {
  const answer = await client.upload(CLASSIFY, image);
  return Classified.parse(answer.data).classify.prediction.id;
}

/** A user with these roles, signed in with a password that they have chosen. */
async function createUser(url: string, admin: TestClient, name: string, roles: Role[]): Promise<TestClient> {
  const email = `${name.toLowerCase()}@example.org`;
  const created = await admin.graphql(
    'mutation ($input: CreateUserInput!) { createUser(input: $input) { oneTimePassword userErrors { message } } }',
    { input: { email, displayName: name, roles } },
  );
  const client = createTestClient(url);
  const { oneTimePassword: currentPassword } = Created.parse(created.data).createUser;
  await client.signIn({ email, password: currentPassword });
  await client.graphql(
    'mutation ($old: String!, $new: String!) { changePassword(currentPassword: $old, newPassword: $new) { userErrors { message } } }',
    { old: currentPassword, new: `long enough for ${name}` },
  );
  return client;
}

async function measureQueries(
  url: string,
  admin: TestClient,
  ids: string[],
  use: () => { cpu: number; memory: number },
) {
  const schema = await createSchema();
  const answer = await admin.graphql('{ models { id champion { id } } }');
  const [model] = Models.parse(answer.data).models;
  const version = model.champion.id;
  const idsOf = (field: string) =>
    field === 'prediction' ? ids : field === 'node' ? [...ids.slice(0, 5), version, model.id] : [version];
  console.log(
    `| role | queries | cost, median | CPU, median, s | CPU, worst, s | memory, worst, MB | largest response, MB | refused |`,
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const role of [...Object.values(Role), null]) {
    const client = role ? await createUser(url, admin, `Query-${role}`, [role]) : createTestClient(url);
    const random = randomOf(1);
    const results: { cpu: number; memory: number; cost: number; bytes: number; text: string }[] = [];
    let refused = 0;
    while (results.length < COUNT) {
      const { text, cost } = hostileQuery(schema, role && [role], random, idsOf);
      const before = use();
      const response = await client.fetch('/graphql', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ query: text }),
      });
      const body = await response.text();
      if (response.status === 429) {
        refused++;
        await sleep(1000 * Number(response.headers.get('Retry-After') ?? 1));
        continue;
      }
      const after = use();
      results.push({
        cpu: after.cpu - before.cpu,
        memory: Math.max(0, after.memory - before.memory),
        cost,
        bytes: body.length,
        text,
      });
    }
    const worst = results.reduce((one, other) => (other.cpu > one.cpu ? other : one));
    const megabytes = (key: 'memory' | 'bytes') =>
      (Math.max(...results.map((each) => each[key])) / 1e6).toFixed(1);
    console.log(
      `| ${role ?? 'nobody'} | ${results.length} | ${quantile(
        results.map(({ cost }) => cost),
        0.5,
      )} | ${quantile(
        results.map(({ cpu }) => cpu),
        0.5,
      ).toFixed(
        2,
      )} | ${worst.cpu.toFixed(2)} | ${megabytes('memory')} | ${megabytes('bytes')} | ${refused} |`,
    );
    if (process.env.SHOW_WORST) console.log(worst.text);
  }
}

/** Each attack and no attack in turn, several times, so that both are measured on an equally busy machine. */
async function measureAttacks(url: string, admin: TestClient, ids: string[]) {
  const victim = await createUser(url, admin, 'Victim', [Role.CLINICIAN]);
  const attacker = await createUser(url, admin, 'Attacker', [Role.CLINICIAN]);
  const large = await sharp({ create: { width: 7_071, height: 7_071, channels: 3, background: '#b0a0c0' } })
    .jpeg()
    .toBuffer();
  const largeId = await classify(attacker, large).catch(() => ids[0] ?? '');
  const attacking = await startAttacker(url, largeId);
  console.log(
    '\n| attack | usual classify p95, ms | during the attack, ms | ratio |\n| --- | --- | --- | --- |',
  );
  for (const name of Object.keys(attacks).filter((each) => each.includes(values.attack))) {
    const usual: number[] = [];
    const during: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      usual.push(...(await classifyTimes(victim, SAMPLES / ROUNDS)));
      attacking.send({ attack: name });
      await sleep(1_000);
      during.push(...(await classifyTimes(victim, SAMPLES / ROUNDS)));
      attacking.send('stop');
      await once(attacking, 'message');
      await sleep(1_000);
    }
    const [before, after] = [quantile(usual, 0.95), quantile(during, 0.95)];
    console.log(`| ${name} | ${before.toFixed(0)} | ${after.toFixed(0)} | ${(after / before).toFixed(1)} |`);
  }
}

async function startAttacker(url: string, largeId: string) {
  const program = fileURLToPath(new URL('hostile/attacker.js', import.meta.url));
  const child = fork(program, [url, 'attacker@example.org', 'long enough for Attacker', largeId]);
  parts.add(child, async (it) => {
    it.kill();
    if (it.exitCode === null) await once(it, 'exit');
  });
  await once(child, 'message');
  return child;
}

async function classifyTimes(client: TestClient, count: number): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    const begun = performance.now();
    await classify(client);
    times.push(performance.now() - begun);
    await sleep(20);
  }
  return times;
}

function quantile(numbers: number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
