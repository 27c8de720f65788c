import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { drawField } from './features/predictions/fields/testing.js';
import { createTestClient } from './http/testing.js';
import { freePort } from './concurrency/testing-port.js';

// scripts/start.mjs as `npm start` runs it: the server as a child process that is started again when it fails.

const START = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

let folder: string;
const started: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-start-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--max-semi-space-size=4', START], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATA_DIR: folder,
      INFERENCE_THREADS: '1',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      ...env,
    },
  });
  started.push(child);
  const run = {
    child,
    output: '',
    exit: once(child, 'exit').then(([code, signal]): unknown => code ?? signal),
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (run.output += String(chunk)));
  return run;
}

async function until<T>(find: () => Promise<T | null | false>): Promise<T> {
  for (;;) {
    const found = await find().catch(() => null);
    if (found) return found;
    await sleep(50);
  }
}

const isReady = async (url: string) => (await fetch(`${url}/readyz`)).status === 200;

/** The command lines of the processes below one, by their ids. */
async function processesBelow(pid: number): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').map(Number).filter(Boolean)) {
    found.set(
      child,
      (await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '),
    );
    for (const [id, line] of await processesBelow(child)) found.set(id, line);
  }
  return found;
}

function pidOf(run: { child: ChildProcess }, program: string): Promise<number> {
  return until(async () => {
    const all = [...(await processesBelow(run.child.pid ?? 0))];
    return all.find(([, line]) => line.includes(program))?.[0] ?? null;
  });
}

test('a server that is killed, or that a fault ends, answers again on the same data, with a worker; Ctrl-C stops all of it', async () => {
  // Stands for a fault that nothing catches: it is thrown when the process gets a signal.
  const faulty = path.join(folder, 'faulty.mjs');
  await writeFile(
    faulty,
    "process.on('SIGUSR2', () => { throw new Error('a fault that nothing caught'); });",
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const run = start({ PORT: String(port), NODE_OPTIONS: `--import=${pathToFileURL(faulty).href}` });
  await until(() => isReady(url));
  const client = createTestClient(url);
  await client.signIn(ADMIN);

  for (const [signal, said] of [
    ['SIGKILL', /failed \(killed by SIGKILL\) and is being restarted/],
    ['SIGUSR2', /"msg":"An error was not handled[^]*failed \(exit code 70\) and is being restarted/],
  ] as const) {
    const server = await pidOf(run, 'dist/server/main.js');
    await pidOf(run, 'worker/main.js');
    process.kill(server, signal);
    const next = await until(async () => {
      const pid = await pidOf(run, 'dist/server/main.js');
      return pid !== server && pid;
    });
    await until(() => isReady(url));
    expect(run.output).toMatch(said);
    expect(await readFile(`/proc/${next}/cmdline`, 'utf8')).toContain('--max-semi-space-size=4');
    const { data } = await client.graphql('{ viewer { email } }');
    expect(data.viewer).toEqual({ email: ADMIN.email });
  }
  await pidOf(run, 'worker/main.js');

  const all = [...(await processesBelow(run.child.pid ?? 0)).keys()];
  run.child.kill('SIGINT');
  expect(await run.exit).toBe(0);
  for (const pid of all) await until(async () => !isAlive(pid));
  const postmaster = path.join(folder, 'postgres/cluster/postmaster.pid');
  await expect(readFile(postmaster)).rejects.toThrow('ENOENT');
});

test('a server that is killed in the middle of a field has all of it or nothing, and the same request gives all of it', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const run = start({ PORT: String(port), WORKER: 'external' });
  await until(() => isReady(url));
  const client = createTestClient(url);
  await client.signIn(ADMIN);

  const places = [100, 240, 380, 500].flatMap((x) => [90, 240, 390].map((y) => [x, y] as const));
  const picture = await drawField(places);
  /** The same pixels in other bytes. */
  const variant = (level: number) => sharp(picture).png({ compressionLevel: level }).toBuffer();
  const send = async (bytes: Uint8Array, clientRequestId: string) => {
    const { data } = await client.upload(
      `mutation ($image: Upload!, $input: ClassifyInput) {
        classifyField(image: $image, input: $input) { field { id predictions { id } } userErrors { message } }
      }`,
      bytes,
      { input: { clientRequestId } },
    );
    expect(data.classifyField.userErrors).toEqual([]);
    return data.classifyField.field;
  };
  const recorded = async (bytes: Uint8Array) => {
    const imageSha256 = createHash('sha256').update(bytes).digest('hex');
    const { data } = await client.graphql(
      `query ($image: String!) {
        fields(filter: { imageSha256: $image }) { edges { node { id predictions { id } } } }
        predictions(filter: { imageSha256: $image }) { totalCount }
      }`,
      { image: imageSha256 },
    );
    return {
      fields: data.fields.edges.map(({ node }: any) => node),
      predictions: data.predictions.totalCount as number,
    };
  };

  /** Milliseconds of the fastest whole response: the server is slower just after a start, or on a busy machine. */
  let fastest = Infinity;
  const sendWhole = async (bytes: Uint8Array, clientRequestId: string) => {
    const begun = performance.now();
    const field = await send(bytes, clientRequestId);
    fastest = Math.min(fastest, performance.now() - begun);
    return field;
  };
  const whole = await sendWhole(await variant(1), 'whole');
  await sendWhole(await variant(2), 'warm');
  expect(whole.predictions.length).toBeGreaterThanOrEqual(places.length - 2);

  const wasLost: boolean[] = [];
  for (const [index, share] of [0.1, 0.4, 0.7, 1].entries()) {
    const level = index + 3;
    const bytes = await variant(level);
    const server = await pidOf(run, 'dist/server/main.js');
    const response = send(bytes, `field ${level}`).then(
      () => true,
      () => false,
    );
    await sleep(share * fastest);
    process.kill(server, 'SIGKILL');
    wasLost.push(!(await response));
    await until(async () => (await pidOf(run, 'dist/server/main.js')) !== server);
    await until(() => isReady(url));

    const { fields, predictions } = await recorded(bytes);
    const isAll = fields.length === 1;
    expect([fields.length, predictions]).toEqual(isAll ? [1, whole.predictions.length] : [0, 0]);
    const again = await sendWhole(bytes, `field ${level}`);
    expect(again.predictions).toHaveLength(whole.predictions.length);
    if (isAll) expect(again).toEqual(fields[0]);
    expect(await recorded(bytes)).toEqual({ fields: [again], predictions: whole.predictions.length });
  }
  expect(wasLost).toContain(true);
}, 900_000); // five starts of the server

test('a server that cannot start says why, once', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  try {
    const port = String(typeof address === 'object' && address ? address.port : 0);
    const runs = [
      { run: start({ PORT: port, WORKER: 'external' }), says: /Port \d+ is used by another program/g },
      { run: start({ PORT: 'x' }), says: /PORT/g },
    ];
    for (const { run, says } of runs) {
      expect(await run.exit).toBe(1);
      expect(run.output.match(says)).toHaveLength(1);
      expect(run.output).not.toContain('started again');
    }
  } finally {
    taken.close();
  }
});

test('the server stops when what supervises it is killed', async () => {
  const port = await freePort();
  const run = start({ PORT: String(port), WORKER: 'external' });
  await until(() => isReady(`http://127.0.0.1:${port}`));
  const server = await pidOf(run, 'dist/server/main.js');
  run.child.kill('SIGKILL');
  await until(async () => !isAlive(server));
  await expect(readFile(path.join(folder, 'postgres/cluster/postmaster.pid'))).rejects.toThrow('ENOENT');
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
