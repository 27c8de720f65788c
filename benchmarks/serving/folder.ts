import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { writeArtifact } from '../../server/artifact/artifact-store.js';
import { openFolderStore } from '../../server/storage/folder-store.js';
import { ask } from './graphql-client.js';
import { markedImage } from './images.js';
import { measuredArtifact } from './network.js';
import type { Part } from './report.js';
import type { ServerUnderLoad } from './server-under-load.js';
import { type Workbench, withServer } from './workbench.js';

const LEAST_SHARE = 0.9;
const CLASSIFY = fileURLToPath(new URL('../../training/cli/classify-files.js', import.meta.url));

/** Images per second of a folder: by `npm run classify`, and by a job of the server, which keeps every image and every answer. */
export async function measureFolder(bench: Workbench): Promise<Part> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-folder-'));
  try {
    // Two lengths, so that what starting takes can be taken out.
    const few = Math.ceil(bench.limit.imagesPerSecond * bench.options.seconds * 0.25);
    const counts = [few, 4 * few] as const;
    const sources = await Promise.all(
      counts.map((count, index) => writeImages(path.join(folder, String(index)), bench.images, index, count)),
    );
    const model = path.join(folder, 'model');
    await writeArtifact(openFolderStore(model), '', measuredArtifact(bench.options.small, 1));
    bench.say('npm run classify');
    const byCommand = await speedOf(counts, (index) => runCommand(sources[index] ?? '', model, folder));
    bench.say('classifyFolder');
    const warmUp = await writeImages(path.join(folder, 'first'), bench.images, counts.length, 1);
    const byServer = await withServer(
      bench,
      async (server) => {
        await runJob(server, bench, warmUp); // the worker takes a while to start
        return speedOf(counts, (index) => runJob(server, bench, sources[index] ?? ''));
      },
      { settings: { WORKER: 'embedded', INGEST_ROOTS: folder } },
    );
    const results = { 'npm run classify': byCommand, classifyFolder: byServer };
    const rows = Object.entries(results).map(([name, { imagesPerSecond, startSeconds }]) => {
      const share = imagesPerSecond / bench.limit.imagesPerSecond;
      return {
        figure: `${name}: images/s`,
        measured: `${imagesPerSecond.toFixed(1)}, ${share.toFixed(2)} of raw, after ${startSeconds.toFixed(1)} s for starting`,
        aim: `≥ ${LEAST_SHARE} of raw`,
        met: share >= LEAST_SHARE,
      };
    });
    return { rows, data: results };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeImages(
  folder: string,
  images: readonly Buffer[],
  run: number,
  count: number,
): Promise<string> {
  await mkdir(folder);
  for (let index = 0; index < count; index++) {
    const bytes = markedImage(images[index % images.length] ?? Buffer.alloc(0), run, index);
    await writeFile(path.join(folder, `${index}.jpg`), bytes);
  }
  return folder;
}

async function speedOf(
  [few, many]: readonly [number, number],
  classify: (index: 0 | 1) => Promise<void>,
): Promise<{ imagesPerSecond: number; startSeconds: number }> {
  const [short, long] = [await secondsOf(() => classify(0)), await secondsOf(() => classify(1))];
  const imagesPerSecond = (many - few) / (long - short);
  return { imagesPerSecond, startSeconds: Math.max(0, short - few / imagesPerSecond) };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function runCommand(source: string, model: string, folder: string): Promise<void> {
  const args = [
    CLASSIFY,
    source,
    '--model',
    model,
    '--out',
    path.join(folder, `${path.basename(source)}.csv`),
  ];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`npm run classify ended with exit code ${child.exitCode}.`);
}

const Started = z.object({
  classifyFolder: z.object({
    bulkClassification: z.object({ id: z.string() }).nullable(),
    userErrors: z.array(z.object({ message: z.string() })),
  }),
});
const State = z.object({ node: z.object({ status: z.string(), failedCount: z.number() }) });
const ASK_EVERY_MS = 100;

async function runJob({ url }: ServerUnderLoad, { token }: Workbench, source: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const { data } = await ask(
    url,
    headers,
    'mutation ($input: ClassifyFolderInput!) { classifyFolder(input: $input) { bulkClassification { id } userErrors { message } } }',
    { input: { source: `file:${source}` } },
  );
  const { bulkClassification, userErrors } = Started.parse(data).classifyFolder;
  if (!bulkClassification) throw new Error(`The job was refused: ${userErrors[0]?.message}`);
  for (;;) {
    const { data: answer } = await ask(
      url,
      headers,
      'query ($id: ID!) { node(id: $id) { ... on BulkClassification { status failedCount } } }',
      { id: bulkClassification.id },
    );
    const { status, failedCount } = State.parse(answer).node;
    if (status === 'SUCCEEDED' && failedCount === 0) return;
    if (!['QUEUED', 'RUNNING'].includes(status)) throw new Error(`The job ended as ${status}.`);
    await sleep(ASK_EVERY_MS);
  }
}
