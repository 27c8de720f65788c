import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createTestClient } from './http/testing.js';

const PROGRAM = fileURLToPath(new URL('main.js', import.meta.url));

let folder: string;
const started: Program[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-program-'));
});
afterEach(async () => {
  for (const program of started.splice(0)) if (program.running) await program.end('SIGTERM');
  await stopPostgres();
  await rm(folder, { recursive: true, force: true });
});

/** The program as `npm start` runs it: with its own Postgres, in a folder of the test's. */
class Program {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  output = '';

  constructor(settings: Record<string, string> = {}) {
    const env = { PATH: process.env.PATH, DATA_DIR: folder, PORT: '0', WORKER: 'external', ...settings };
    this.#child = spawn(process.execPath, [PROGRAM], { cwd: folder, env });
    this.#exit = once(this.#child, 'exit');
    const keep = (chunk: Buffer) => (this.output += chunk.toString());
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    started.push(this);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Waits for the output to match. Fails when the program ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      if (!this.running) throw new Error(`It ended without saying ${String(pattern)}:\n${this.output}`);
      await sleep(20);
    }
  }

  /** What `says` that it answers, with the password that it printed, if it printed one. */
  async ready(): Promise<{ url: string; password: string | undefined }> {
    const [, url = ''] = await this.says(/answers at (\S+)/);
    await this.says(/Sign in as .+\n/);
    return { url, password: /one-time password (\S+)/.exec(this.output)?.[1] };
  }

  /** Resolves to the exit code, or to the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<unknown> {
    this.#child.kill(signal);
    return this.exit();
  }

  async exit(): Promise<unknown> {
    const [code, signal] = await this.#exit;
    return code ?? signal;
  }
}

const postmaster = () =>
  readFile(path.join(folder, 'postgres/cluster/postmaster.pid'), 'utf8').catch(() => null);

/** Of a program that was killed hard: nobody else would stop it. */
async function stopPostgres(): Promise<void> {
  const pid = Number((await postmaster())?.split('\n')[0]);
  if (!pid) return;
  process.kill(pid, 'SIGINT');
  while (await postmaster()) await sleep(20);
}

test('the first start says how to sign in; Ctrl-C stops all of it; a one-time password is fresh at each start', async () => {
  const first = new Program();
  const { url, password = '' } = await first.ready();
  for (const step of [
    'Database: embedded Postgres',
    'Migrations: ',
    'Object store: file:',
    'Champion: ',
    'HTTP',
  ]) {
    expect(first.output).toContain(`✓ ${step}`);
  }
  const client = createTestClient(url);
  await client.signIn({ email: 'admin@cytograph.local', password });
  expect(await first.end('SIGINT')).toBe(0);
  expect(first.output).toMatch(/Stopping\.[^]*Stopped\.\n$/);
  expect(await postmaster()).toBeNull();

  const second = new Program();
  const again = await second.ready();
  expect(again.password).toMatch(/^\w{4}-\w{4}-\w{4}-\w{4}$/);
  expect(again.password).not.toBe(password);
  expect(second.output).toContain('Migrations: none is new');
  expect(await second.end('SIGTERM')).toBe(0);
});

// Jest loads modules differently from Node, which can hide a second copy of graphql.
test('the program limits the cost of operations, and warns once of clients whose address it cannot know', async () => {
  const admin = { email: 'head@clinic.example', password: 'correct horse battery' };
  const program = new Program({ ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password });
  const { url } = await program.ready();
  const client = createTestClient(url);
  await client.signIn(admin);
  const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.7' };
  const send = async (query: string) => {
    const response = await client.fetch('/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return JSON.parse(await response.text());
  };
  expect(await send('{ viewer { id } }')).toEqual({
    data: { viewer: { id: expect.any(String) } },
    extensions: { cost: { requested: expect.any(Number), limit: 60_000 } },
  });
  const expensive =
    '{ trainingRuns(first: 200) { edges { node { items(first: 200) { edges { node { key } } } } } } }';
  const tooExpensive = [{ extensions: { code: 'QUERY_TOO_EXPENSIVE' } }];
  expect(await send(expensive)).toMatchObject({ errors: tooExpensive });
  const [overSocket] = [await client.subscribe(expensive).next()];
  expect(overSocket.value).toMatchObject({ errors: tooExpensive });
  await program.says(/Requests come with X-Forwarded-For from 127\.0\.0\.1, and TRUST_PROXY is not set/);
  expect(program.output.match(/TRUST_PROXY/g)).toHaveLength(2); // both in one warning
  expect(await program.end('SIGTERM')).toBe(0);
});

test('after kill -9 the next start just works, on the same data', async () => {
  const admin = { ADMIN_EMAIL: 'head@clinic.example', ADMIN_PASSWORD: 'correct horse battery' };
  const killed = new Program(admin);
  await killed.ready();
  expect(await killed.end('SIGKILL')).toBe('SIGKILL');
  const next = new Program();
  const { url, password } = await next.ready();
  expect(password).toBeUndefined();
  await createTestClient(url).signIn({ email: admin.ADMIN_EMAIL, password: admin.ADMIN_PASSWORD });
  expect(await next.end('SIGTERM')).toBe(0);
});

test('the worker is started again when it ends, and stops with the server', async () => {
  const program = new Program({ WORKER: 'embedded' });
  await program.ready();
  await program.says(/The worker waits for jobs/);
  const worker = await workerOf(program.pid);
  process.kill(worker, 'SIGKILL');
  await program.says(/The worker exited/);
  await program.says(/waits for jobs[^]*waits for jobs/);
  const next = await workerOf(program.pid);
  expect(next).not.toBe(worker);
  expect(await program.end('SIGTERM')).toBe(0);
  expect(() => process.kill(next, 0)).toThrow('ESRCH');
});

/** Its one child that is no thread of Postgres: found in /proc. */
async function workerOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const child of children.trim().split(' ')) {
    const command = await readFile(`/proc/${child}/cmdline`, 'utf8');
    if (command.includes('worker/main.js')) return Number(child);
  }
  throw new Error('It has no worker.');
}

test('a port that is taken is said in a sentence, and what had been started is stopped', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const program = new Program({ PORT: String(port) });
  expect(await program.exit()).toBe(1);
  expect(program.output).toContain(
    `Port ${port} is used by another program. Stop that program, or set PORT to another port.`,
  );
  expect(program.output).not.toMatch(/^ +at /m);
  expect(await postmaster()).toBeNull();
  other.close();
});

test.each([
  [{ PORT: 'http' }, /PORT is not a whole number/],
  [
    { DATABASE_URL: 'postgresql://u@127.0.0.1:1/d' },
    /Postgres of DATABASE_URL cannot be used: no server is listening at this address/,
  ],
])('what cannot be used is said in a sentence: %j', async (settings, sentence) => {
  const program = new Program(settings);
  expect(await program.exit()).toBe(1);
  expect(program.output).toMatch(sentence);
  expect(program.output).not.toMatch(/^ +at /m);
});

test('a store that is not the one of the database is refused, and nothing is made in its place', async () => {
  const first = new Program();
  await first.ready();
  expect(await first.end('SIGTERM')).toBe(0);
  const objects = path.join(folder, 'objects');
  const aside = path.join(folder, 'aside');
  await rename(objects, aside);
  const refused = async (settings: Record<string, string> = {}) => {
    const program = new Program(settings);
    expect(await program.exit()).toBe(1);
    expect(program.output).toContain('The database refers to stored images and models');
    expect(program.output).not.toMatch(/^ +at /m);
  };
  await refused();
  expect(await readdir(folder)).not.toContain('objects');
  const empty = path.join(folder, 'empty');
  await mkdir(empty);
  await refused({ OBJECT_STORE: `file:${empty}` });
  expect(await readdir(empty)).toEqual([]);

  const found = new Program({ OBJECT_STORE: `file:${aside}` });
  await found.ready();
  expect(await found.end('SIGTERM')).toBe(0);
});

test('after a power cut that left an empty pid file, no password and half a write, the next start just works', async () => {
  const first = new Program({ ADMIN_PASSWORD: 'correct horse battery' });
  await first.ready();
  const cluster = path.join(folder, 'postgres/cluster');
  const pid = Number((await postmaster())?.split('\n')[0]);
  process.kill(first.pid, 'SIGSTOP'); // so that it does not start Postgres again
  process.kill(pid, 'SIGKILL');
  expect(await first.end('SIGKILL')).toBe('SIGKILL');
  await writeFile(path.join(cluster, 'postmaster.pid'), '');
  await writeFile(path.join(cluster, 'cytograph.json'), '');
  const next = new Program();
  const { url } = await next.ready();
  await createTestClient(url).signIn({ email: 'admin@cytograph.local', password: 'correct horse battery' });
  expect(next.output).toContain('has a new password');
  expect(await next.end('SIGTERM')).toBe(0);
});

test('data that is damaged is said in a sentence with what to do, at once', async () => {
  const first = new Program();
  await first.ready();
  expect(await first.end('SIGTERM')).toBe(0);
  await truncate(path.join(folder, 'postgres/cluster/global/pg_control'), 100);
  const program = new Program();
  expect(await program.exit()).toBe(1);
  expect(program.output).toMatch(/is damaged: .* Restore .* from a backup/);
  expect(program.output).not.toMatch(/^ +at /m);
  await rm(path.join(folder, 'postgres/cluster/postmaster.pid')); // a Postgres that panics leaves it behind
});

test('a start says so when the champion does not load', async () => {
  const first = new Program();
  await first.ready();
  expect(await first.end('SIGTERM')).toBe(0);
  await writeFile(path.join(folder, 'objects/models/reference/1/model.onnx'), 'something else');

  const second = new Program();
  const { url } = await second.ready();
  expect(second.output).toContain('Champion: the champion of reference does not load');
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
});
