import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { choosePostgresAccount } from './postgres-account.js';
import { runInProcess, specifier } from '../process/testing.js';

const FAST = { fsync: 'off' };
/** How long a start waits for another process before it gives up. */
const START_LIMIT_MS = 60_000;
const itAsRoot = process.getuid?.() === 0 ? it : it.skip; // without root, Postgres runs as the user who runs the tests

let temporary: string;
let folder: string;
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  temporary = await mkdtemp(path.join(tmpdir(), 'cytograph-embedded-'));
  await chmod(temporary, 0o755);
  folder = path.join(temporary, 'postgres');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) await server.stop();
  await rm(temporary, { recursive: true });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(folder, FAST);
  servers.push(server);
  return server;
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  return client
    .query<Row>(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

const pidFile = () => path.join(folder, 'cluster', 'postmaster.pid');
const readPid = async () => Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);
const isGone = async (url: string) =>
  query(url, 'SELECT 1').then(
    () => false,
    () => true,
  );

/** Starts the server in a separate process, which then waits. Resolves to the server's URL. */
async function startElsewhere(): Promise<{ child: ChildProcess; url: string }> {
  const program = `
    import { startEmbeddedPostgres } from ${specifier('./embedded-postgres.js', import.meta.url)};
    const server = await startEmbeddedPostgres(${JSON.stringify(folder)}, ${JSON.stringify(FAST)});
    process.on('SIGTERM', () => server.stop().then(() => process.exit()));
    console.log(server.url);
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // a separate process group, like that of a terminal
  });
  children.push(child);
  const [line] = await once(child.stdout, 'data');
  return { child, url: String(line).trim() };
}

it('starts on an empty folder, on loopback only, with its own password, in code-point order', async () => {
  const { url } = await start();
  expect(new URL(url)).toMatchObject({ hostname: '127.0.0.1', pathname: '/cytograph' });
  expect(new URL(url).password).toMatch(/^[0-9a-f]{48}$/);
  const wrong = new URL(url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  expect((await stat(path.join(folder, 'cluster', 'cytograph.json'))).mode & 0o777).toBe(0o600);
  expect(
    await query(
      url,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
         current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int / 10000 AS version,
         (SELECT datlocale FROM pg_database WHERE datname = current_database()) AS locale, 'B' < 'a' AS ordered`,
    ),
  ).toEqual([
    { addresses: '127.0.0.1', sockets: '', encoding: 'UTF8', version: 17, locale: 'C.UTF-8', ordered: true },
  ]);
});

it('keeps data, URL and password after a restart', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  expect(await isGone(first.url)).toBe(true);
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

it('has a role for the server that owns nothing, with its own password', async () => {
  const { url, processUrl } = await start();
  expect(new URL(processUrl).username).toBe('cytograph_process');
  expect(new URL(processUrl).password).not.toBe(new URL(url).password);
  await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await expect(query(processUrl, 'SELECT answer FROM kept')).rejects.toThrow('permission denied');
  await expect(query(processUrl, 'CREATE TABLE other ()')).rejects.toThrow('permission denied');
});

it('gives that role to the data of an earlier release, with the same password for every process', async () => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer; DROP ROLE cytograph_process');
  await first.stop();
  const file = path.join(folder, 'cluster', 'cytograph.json');
  const { processPassword: _, ...earlier } = JSON.parse(await readFile(file, 'utf8')) as Record<
    string,
    unknown
  >;
  await writeFile(file, JSON.stringify(earlier));

  const [one, other] = await Promise.all([start(), start()]);
  expect(one.url).toBe(first.url);
  expect(other.processUrl).toBe(one.processUrl);
  expect(await query(one.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(await query(one.processUrl, 'SELECT current_user AS role')).toEqual([{ role: 'cytograph_process' }]);
  await other.stop();
  await one.stop();
  expect((await start()).processUrl).toBe(one.processUrl);
});

it('uses another port if its previous one is in use', async () => {
  const first = await start();
  await first.stop();
  const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  await once(squatter, 'listening');
  const second = await start();
  squatter.close();
  expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
  await query(second.url, 'SELECT 1');
});

it('ignores PG… environment variables', async () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    PGPORT: '1',
    PGHOST: 'nowhere.invalid',
    PGDATA: '/nowhere',
    PGUSER: 'nobody',
  });
  try {
    const { url } = await start();
    expect(await query(url, 'SELECT current_user')).toEqual([{ current_user: 'postgres' }]);
  } finally {
    process.env = before;
  }
});

it('keeps running when the process that started it is killed, is adopted by the next process, and stops with that', async () => {
  const { child, url } = await startElsewhere();
  await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const pid = await readPid();
  if (child.pid) process.kill(-child.pid, 'SIGKILL'); // the whole group, as when a terminal goes away
  await once(child, 'exit');

  const adopted = await start();
  expect(adopted.url).toBe(url);
  expect(await readPid()).toBe(pid);
  expect(await query(adopted.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await adopted.stop();
  expect(await isGone(url)).toBe(true);
});

it('recovers all committed data when Postgres itself was killed', async () => {
  const { child, url } = await startElsewhere();
  await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const pid = await readPid();
  if (child.pid) process.kill(-child.pid, 'SIGKILL');
  process.kill(pid, 'SIGKILL');
  const recovered = await start();
  expect(await readPid()).not.toBe(pid);
  expect(await query(recovered.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

it('is restarted at the same address if it is killed while in use', async () => {
  const { url } = await start();
  await query(url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (1)');
  const killed = await readPid();
  process.kill(killed, 'SIGKILL');
  const values = () => query<{ value: number }>(url, 'SELECT value FROM kept').catch(() => []);
  while ((await readPid().catch(() => killed)) === killed) await sleep(20); // there is no pid file in between
  let rows = await values();
  while (rows.length === 0) rows = await values();
  expect(rows).toEqual([{ value: 1 }]);
});

it('starts in spite of a pid file whose number now belongs to another process', async () => {
  const first = await start();
  await first.stop();
  await writeFile(
    pidFile(),
    `${process.ppid}\n${path.join(folder, 'cluster')}\n1\n5432\n\n127.0.0.1\n\nready\n`,
  );
  const second = await start();
  await query(second.url, 'SELECT 1');
});

it.each([
  ['empty', ''],
  ['a block of zeros', '\0'.repeat(512)],
  ['garbage', '@@@@\n\u0001\u0002'],
  ['cut off in a number that is too long', '99999999999999999999'],
  ['of a process that is no Postgres', `${process.pid}\n`],
])('starts at once after a power cut that left the pid file %s', async (_, content) => {
  await (await start()).stop();
  await writeFile(pidFile(), content);
  const begin = performance.now();
  const { url } = await start();
  expect(performance.now() - begin).toBeLessThan(START_LIMIT_MS); // before, it waited for all of it and then failed
  expect(await query(url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
});

it('waits for a running Postgres that the pid file does not name, and never starts a second one', async () => {
  const { child, url } = await startElsewhere();
  await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const pid = await readPid();
  await writeFile(pidFile(), '');
  if (child.pid) process.kill(-child.pid, 'SIGKILL');
  const starting = start();
  await sleep(4000);
  expect(() => process.kill(pid, 0)).not.toThrow();
  process.kill(pid, 'SIGINT');
  expect(await query((await starting).url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

it.each([
  ['missing', null],
  ['empty', ''],
  ['not whole', '{"password":"0123'],
])('sets a new password where the file that holds it is %s', async (_, content) => {
  const first = await start();
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  const file = path.join(folder, 'cluster', 'cytograph.json');
  if (content === null) await rm(file);
  else await writeFile(file, content);
  const second = await start();
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(path.join(folder, 'postgres.log'), 'utf8')).not.toContain(
    new URL(second.url).password,
  );
});

it('says what to do about a password that belongs to other data', async () => {
  await (await start()).stop();
  const file = path.join(folder, 'cluster', 'cytograph.json');
  const secrets = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...secrets, password: 'another' }));
  await expect(startEmbeddedPostgres(folder, FAST)).rejects.toThrow(/move that file away and start again/);
  await rm(file);
  await query((await start()).url, 'SELECT 1');
});

const cluster = () => path.join(folder, 'cluster');
const damages: [string, () => Promise<void>, RegExp][] = [
  ['a truncated pg_control', () => truncate(path.join(cluster(), 'global/pg_control'), 100), /is damaged/],
  ['an empty pg_control', () => truncate(path.join(cluster(), 'global/pg_control'), 0), /is damaged/],
  ['no pg_control', () => rm(path.join(cluster(), 'global/pg_control')), /is damaged/],
  ['an empty PG_VERSION', () => truncate(path.join(cluster(), 'PG_VERSION'), 0), /no version in PG_VERSION/],
  ['no PG_VERSION', () => rm(path.join(cluster(), 'PG_VERSION')), /no version in PG_VERSION/],
  ['no write-ahead log', () => rm(path.join(cluster(), 'pg_wal'), { recursive: true }), /is damaged/],
];
it.each(damages)('says that the data is damaged and what to do: %s', async (_, damage, sentence) => {
  await (await start()).stop();
  await damage();
  const begin = performance.now();
  const error = await startEmbeddedPostgres(folder, FAST).catch((reason: unknown) => reason);
  expect(String(error)).toMatch(sentence);
  expect(String(error)).toMatch(/Restore .* from a backup/);
  expect(performance.now() - begin).toBeLessThan(START_LIMIT_MS);
});

const foreign: [string, () => Promise<void>][] = [
  ['postgresql.conf alone', () => chown(path.join(cluster(), 'postgresql.conf'), 0, 0)],
  ['everything below the folder', () => give(cluster(), true)],
  ['everything, as cp -r does', () => give(cluster(), false)],
];
/** Makes root the owner of the files, without access for others. `keepTop` leaves out the folder itself. */
async function give(target: string, keepTop: boolean): Promise<void> {
  for (const name of await readdir(target, { recursive: true })) await chown(path.join(target, name), 0, 0);
  if (!keepTop) await chown(target, 0, 0);
}
for (const [name, take] of foreign)
  itAsRoot(`says how to give the data back where root owns ${name}`, async () => {
    await (await start()).stop();
    const { uid } = await stat(cluster());
    await take();
    const begin = performance.now();
    const error = await startEmbeddedPostgres(folder, FAST).catch((reason: unknown) => reason);
    const [, remedy = ''] = /(chown -R .* && chmod -R \S+ '[^']+')/.exec(String(error)) ?? [];
    expect(performance.now() - begin).toBeLessThan(START_LIMIT_MS);
    await promisify(execFile)('sh', ['-c', remedy]);
    expect((await stat(cluster())).uid).toBe(uid);
    await query((await start()).url, 'SELECT 1');
  });

it('keeps the log of earlier runs, up to a limit', async () => {
  const file = path.join(folder, 'postgres.log');
  await (await start()).stop();
  await (await start()).stop();
  expect((await readFile(file, 'utf8')).match(/ready to accept connections/g)).toHaveLength(2);
  await writeFile(file, 'x'.repeat(10_000_001));
  await (await start()).stop();
  expect((await stat(`${file}.1`)).size).toBe(10_000_001);
  expect((await readFile(file, 'utf8')).match(/ready to accept connections/g)).toHaveLength(1);
});

it('logs why it ended and why it does not start again, each reason once, and when it runs again', async () => {
  const lines: string[] = [];
  const keep = (...words: unknown[]) => void lines.push(words.map(String).join(' '));
  const server = await startEmbeddedPostgres(folder, FAST, { info: keep, warn: keep });
  servers.push(server);
  const file = path.join(cluster(), 'postgresql.conf');
  const whole = await readFile(file, 'utf8');
  await writeFile(file, `${whole}\nshared_buffers = plenty\n`);
  process.kill(await readPid(), 'SIGKILL');
  const matchingLines = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  while (matchingLines(/does not start: .*plenty/s) === 0) await sleep(50);
  await sleep(3000); // further attempts, for the same reason
  expect(matchingLines(/does not start/)).toBe(1);
  await writeFile(file, whole);
  while (matchingLines(/is running again/) === 0) await sleep(50);
  expect(lines[0]).toContain('has ended and is started again');
  await query(server.url, 'SELECT 1');
});

it('is created once when two processes start at the same time, and runs until the last one stops', async () => {
  const [one, other] = await Promise.all([startElsewhere(), startElsewhere()]);
  expect(one.url).toBe(other.url);
  expect((await readdir(folder)).sort()).toEqual(['cluster', 'postgres.log']);
  one.child.kill('SIGTERM');
  await once(one.child, 'exit');
  expect(await query(other.url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
  other.child.kill('SIGTERM');
  await once(other.child, 'exit');
  expect(await isGone(other.url)).toBe(true);
});

it('starts while the server of the previous process is still shutting down', async () => {
  const first = await start();
  const [second] = await Promise.all([start(), first.stop()]);
  expect(await query(second.url, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }]);
});

it('repeats a first start that was interrupted', async () => {
  await mkdir(path.join(folder, 'draft-4194305-abcdef', 'cluster'), { recursive: true }); // no process has this number
  const { url } = await start();
  await query(url, 'SELECT 1');
  expect(await readdir(folder)).not.toContain('draft-4194305-abcdef');
});

it('refuses the data of another version of Postgres, and says which', async () => {
  await mkdir(path.join(folder, 'cluster'), { recursive: true });
  await writeFile(path.join(folder, 'cluster', 'PG_VERSION'), '15\n');
  await expect(startEmbeddedPostgres(folder)).rejects.toThrow(
    'was created by Postgres 15, but this is Postgres 17',
  );
});

it('reports why Postgres does not start', async () => {
  await expect(startEmbeddedPostgres(folder, { shared_buffers: 'plenty' })).rejects.toThrow(
    /did not start.*shared_buffers/s,
  );
});

itAsRoot('starts for root in a folder that is closed to others', async () => {
  await chmod(temporary, 0o700);
  const { url } = await start();
  await query(url, 'CREATE TABLE kept AS SELECT 42 AS answer; CHECKPOINT');
});

itAsRoot('says which folder is in the way where the system cannot help', async () => {
  await chmod(temporary, 0o700);
  await mkdir(path.join(temporary, 'bin'));
  await symlink('/usr/bin/id', path.join(temporary, 'bin', 'id')); // and no setpriv
  const message = await runInProcess(
    `
    import { choosePostgresAccount } from ${specifier('./postgres-account.js', import.meta.url)};
    report(await choosePostgresAccount(${JSON.stringify(path.join(folder, 'cluster'))}, '/bin/true').then(
      () => null, (error) => error.message));`,
    { env: { PATH: path.join(temporary, 'bin') } },
  );
  expect(message).toContain(`has no access to ${temporary}`);
  expect(message).toContain('DATA_DIR');
});

itAsRoot('runs Postgres as the owner of the data', async () => {
  await (await start()).stop();
  const { uid, gid } = await stat(path.join(folder, 'cluster'));
  expect(uid).not.toBe(0);
  expect(await choosePostgresAccount(path.join(folder, 'cluster'), '/bin/true')).toMatchObject({
    spawnOptions: { uid, gid },
  });
});
