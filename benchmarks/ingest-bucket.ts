// How fast a worker ingests a bucket, how much memory it uses, and how much it reads again after it is killed:
//   node scripts/run.mjs benchmarks/ingest-bucket [COUNT…]     (default: 1,000 10,000 100,000 images)
// A real S3 server (Ceph, see scripts/ceph-rgw.mjs) holds the source and the worker's store, and the worker runs as in production.
// The images are drawn, 72 pixels wide, and all different. Finally, a worker is killed with SIGKILL midway.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { z } from 'zod';
import type { S3Settings } from '../server/config.js';
import { createDatabase } from '../server/database/client.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { migrate } from '../server/database/migrate.js';
import { recordSnapshot } from '../server/features/datasets/record-snapshot.js';
import { drawDemoCells } from '../server/imaging/demo-cells.js';
import { randomFrom } from '../server/imaging/seeded-random.js';
import { migrateQueue } from '../server/jobs/queue.js';
import type { ObjectStore } from '../server/storage/object-store.js';
import { openObjectStore } from '../server/storage/open-object-store.js';

const SIDE = 72;
const PATIENTS = 200;
/** Images of the source whose worker is killed. */
const KILLED = 4_000;
const Connection = z.object({ endpoint: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() });

const counts = process.argv.slice(2).map(Number);
const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-benchmark-'));
const ceph = spawn(process.execPath, ['scripts/ceph-rgw.mjs', 'run'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = readline.createInterface({ input: ceph.stdout })[Symbol.asyncIterator]();
const { endpoint, ...credentials } = Connection.parse(JSON.parse(String((await lines.next()).value)));
const s3: S3Settings = { endpoint, region: 'us-east-1', credentials };
const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'));
await migrate(postgres.url);
await migrateQueue(postgres.url);
const database = createDatabase(postgres.url);
try {
  await createBucket('source');
  await createBucket('own');
  const pictures = await drawPictures();
  for (const count of counts.length > 0 ? counts : [1_000, 10_000, 100_000]) {
    await fillSource(`s3://source/${count}`, count, pictures);
    await measure(`s3://source/${count}`);
  }
  await fillSource('s3://source/killed', KILLED, pictures);
  await measureKill('s3://source/killed');
} finally {
  await database.$disconnect();
  await postgres.stop();
  ceph.stdin.end();
  await once(ceph, 'exit');
  await rm(folder, { recursive: true });
}

async function createBucket(name: string): Promise<void> {
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
}

async function measure(source: string): Promise<void> {
  const worker = await startWorker(endpoint);
  const before = await memoryOf(worker);
  const begun = performance.now();
  const id = await create(source);
  const snapshot = await ended(id);
  const seconds = (performance.now() - begun) / 1000;
  const { peak } = await memoryOf(worker);
  const { user, system } = await processorSeconds(worker);
  console.log(
    `${snapshot.itemCount} images: ${snapshot.status} in ${seconds.toFixed(1)} s, ` +
      `${(snapshot.itemCount / seconds).toFixed(0)} images/s, ` +
      `${((1000 * (user + system)) / snapshot.itemCount).toFixed(2)} ms of processor an image, ` +
      `the worker's memory ${before.now} MB before, ${peak} MB at most`,
  );
  const kinds = snapshot.findings.map(({ severity, check, count }) => `${severity} ${check} (${count})`);
  console.log(`  ${kinds.join(', ')}`);
  worker.kill('SIGTERM');
  await once(worker, 'exit');
}

async function measureKill(source: string): Promise<void> {
  const reads = new Map<string, number>();
  const proxy = countingProxy((bucketAndKey) => {
    if (/^\/source\/.*\.jpg$/.test(bucketAndKey)) reads.set(bucketAndKey, (reads.get(bucketAndKey) ?? 0) + 1);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = z.object({ port: z.number() }).parse(proxy.address());
  const first = await startWorker(`http://127.0.0.1:${port}`);
  const id = await create(source);
  while ((await progressOf(id)) < 0.5) await sleep(20);
  first.kill('SIGKILL');
  await once(first, 'exit');
  const killedAt = {
    recorded: await database.datasetItem.count({ where: { snapshotId: id } }),
    read: reads.size,
  };
  const second = await startWorker(`http://127.0.0.1:${port}`);
  const { status, itemCount } = await ended(id);
  second.kill('SIGTERM');
  await once(second, 'exit');
  proxy.close();
  const twice = [...reads.values()].filter((count) => count > 1).length;
  console.log(
    `killed with ${killedAt.recorded} of ${itemCount} images recorded and ${killedAt.read} read; then ${status}: ` +
      `${reads.size} images read in all, ${twice} of them twice`,
  );
}

/** A worker that is waiting for jobs. */
async function startWorker(s3Endpoint: string): Promise<ChildProcess> {
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DATABASE_URL: postgres.url,
    DATA_DIR: folder,
    OBJECT_STORE: 's3://own/objects',
    INGEST_BUCKETS: 'source',
    S3_ENDPOINT: s3Endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const program = path.join(import.meta.dirname, '../worker/main.js');
  const worker = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const text of readline.createInterface({ input: worker.stdout })) {
    if (text.includes('waits for jobs')) break;
  }
  worker.stdout.resume();
  return worker;
}

async function create(source: string): Promise<string> {
  const snapshot = await database.$transaction((tx) =>
    recordSnapshot(
      tx,
      { viewer: null, ip: null },
      { name: path.basename(source), source, classes: null, groupsCsv: 'groups.csv', createdById: null },
    ),
  );
  return snapshot.id;
}

async function progressOf(id: string): Promise<number> {
  return (await database.datasetSnapshot.findUniqueOrThrow({ where: { id } })).progress;
}

async function ended(id: string) {
  for (;;) {
    const snapshot = await database.datasetSnapshot.findUniqueOrThrow({
      where: { id },
      include: { findings: true },
    });
    if (snapshot.status !== 'INGESTING') return snapshot;
    await sleep(100);
  }
}

/** Resident memory in MB, as Linux counts it. */
async function memoryOf(worker: ChildProcess): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${worker.pid}/status`, 'utf8');
  const megabytes = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

async function processorSeconds(worker: ChildProcess): Promise<{ user: number; system: number }> {
  const fields = (await readFile(`/proc/${worker.pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return { user: Number(fields[11]) / 100, system: Number(fields[12]) / 100 };
}

/** Passes all requests on to the S3 server with an unchanged host, since the signatures cover it. */
function countingProxy(onGet: (path: string) => void): http.Server {
  const agent = new http.Agent({ keepAlive: true });
  return http.createServer((request, response) => {
    const { method, url = '/', headers } = request;
    if (method === 'GET') onGet(url.split('?')[0] ?? '');
    const onward = http.request(
      new URL(url, endpoint),
      { method, headers, agent, setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
}

/** Drawn cells as pixels, to be mixed. */
async function drawPictures(): Promise<Buffer[]> {
  const pictures: Buffer[] = [];
  for await (const { bytes } of drawDemoCells({ count: 400, seed: 1, size: SIDE, patients: 40 })) {
    pictures.push(await sharp(bytes).raw().toBuffer());
  }
  return pictures;
}

/** Labelled images in S3, each a mixture of two drawn ones with some noise, and their groups CSV. */
async function fillSource(source: string, count: number, pictures: readonly Buffer[]): Promise<void> {
  const store = openObjectStore(source, s3);
  const rows = ['file,patient'];
  const indices = Array.from({ length: count }, (_, index) => index);
  for (const index of indices) rows.push(`${keyOf(index)},P${Math.floor(index / 2) % PATIENTS}`);
  const lane = async () => {
    for (let index = indices.pop(); index !== undefined; index = indices.pop()) {
      await putImage(store, source, index, pictures);
    }
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  await store.put('groups.csv', Buffer.from(rows.join('\n')));
  store.close();
}

async function putImage(store: ObjectStore, source: string, index: number, pictures: readonly Buffer[]) {
  const random = randomFrom(source, index);
  const [a, b] = [0, 1].map(() => pictures[random.below(pictures.length)] ?? Buffer.alloc(0));
  const share = random.between(0.35, 0.65);
  const mixed = Buffer.alloc(a?.length ?? 0);
  for (let i = 0; i < mixed.length; i++) {
    mixed[i] =
      share * (a?.[i] ?? 0) +
      (1 - share) * (b?.[mixed.length - 3 - i + 2 * (i % 3)] ?? 0) +
      8 * random.next();
  }
  const image = sharp(mixed, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  await store.put(keyOf(index), await image.jpeg({ quality: 90 }).toBuffer());
}

function keyOf(index: number): string {
  return `${index % 2 ? 'blast' : 'lymphocyte'}/${String(index).padStart(6, '0')}.jpg`;
}
