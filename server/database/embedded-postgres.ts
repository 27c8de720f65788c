import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';

export interface EmbeddedPostgres {
  /** Connection string of the database `cytograph`, as superuser, over loopback. */
  url: string;
  /** Fast shutdown, unless another process has started (adopted) the same server and still uses it. */
  stop(): Promise<void>;
}

const MAJOR_VERSION = '17';
const USER = 'postgres';
const DATABASE = 'cytograph';
/** Every process that uses the server holds this advisory lock shared: who can have it alone is the last one. */
const IN_USE_LOCK = 4_021_968;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;

/**
 * Starts Postgres on the files in `folder`, made on the first start, or adopts the server that is running on them
 * already, because this process's predecessor was killed hard or another one shares the folder. It listens on a free
 * port of 127.0.0.1 (the same one again while that stays free) and asks for a random password that only this folder knows.
 * Should it be killed, it is started again, with what was committed.
 * @param settings further Postgres settings, such as `{ fsync: 'off' }`
 * @throws Error that says what would be right: a folder of another Postgres version, one that Postgres may not enter …
 */
export async function startEmbeddedPostgres(
  folder: string,
  settings: Record<string, string> = {},
): Promise<EmbeddedPostgres> {
  const cluster = path.join(path.resolve(folder), 'cluster');
  const binaries = await findPostgresBinaries();
  await mkdir(path.dirname(cluster), { recursive: true });
  const account = await choosePostgresAccount(cluster, binaries.postgres);

  if ((await readVersion(cluster)) === null) await createCluster(cluster, binaries, account);
  const version = await readVersion(cluster);
  if (version !== MAJOR_VERSION)
    throw new Error(
      `${cluster} was made by Postgres ${version}, and this is Postgres ${MAJOR_VERSION}. Dump it with the version ` +
        `that made it, then move the folder away, start again and restore the dump.`,
    );

  return keepRunning(
    () => openServer(cluster, binaries, account, settings),
    (holder) => stop(holder, cluster),
  );
}

/** A server that runs, and the connection that marks it as in use. */
interface OpenServer {
  url: string;
  holder: pg.Client;
}

async function openServer(
  cluster: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
  settings: Record<string, string>,
): Promise<OpenServer> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const port = (await findRunning(cluster)) ?? (await launch(cluster, binaries, account, settings));
      const { password } = await readSecrets(cluster);
      return { url: urlOf(port, password), holder: await connect(port, password) };
    } catch (error) {
      // Another process may be starting or stopping the same server right now: what failed then succeeds a little later.
      if (!(error instanceof NotReadyError) || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

const REVIVAL_PAUSE_MS = 1000;

/** Opens the server, and opens it again whenever it goes away without being asked to (killed, out of memory). */
async function keepRunning(
  open: () => Promise<OpenServer>,
  stop: (holder: pg.Client) => Promise<void>,
): Promise<EmbeddedPostgres> {
  const stopping = new AbortController();
  let server = await open();
  let reviving = Promise.resolve();

  function reviveWhenGone(): void {
    server.holder.once('end', () => {
      if (!stopping.signal.aborted) reviving = revive();
    });
  }
  async function revive(): Promise<void> {
    while (!stopping.signal.aborted)
      try {
        server = await open();
        reviveWhenGone();
        return;
      } catch {
        // Whoever asks the database something meanwhile hears that it is away.
        await sleep(REVIVAL_PAUSE_MS, null, { signal: stopping.signal }).catch(() => {});
      }
  }

  reviveWhenGone();
  return {
    url: server.url,
    stop: async () => {
      stopping.abort();
      await reviving;
      await stop(server.holder);
    },
  };
}

/** The server could not be had just now; trying again may help. */
class NotReadyError extends Error {}

function urlOf(port: number, password: string): string {
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

async function readVersion(cluster: string): Promise<string | null> {
  try {
    return (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

// ---- what is remembered beside the data -----------------------------------------------------------------------------

const secretsSchema = z.object({ password: z.string(), port: z.number().int() });
type Secrets = z.infer<typeof secretsSchema>;

const secretsFile = (cluster: string) => path.join(cluster, 'cytograph.json');

async function readSecrets(cluster: string): Promise<Secrets> {
  return secretsSchema.parse(JSON.parse(await readFile(secretsFile(cluster), 'utf8')));
}

async function writeSecrets(cluster: string, secrets: Secrets): Promise<void> {
  const draft = `${secretsFile(cluster)}.${process.pid}`;
  await writeFile(draft, JSON.stringify(secrets), { mode: 0o600 });
  await rename(draft, secretsFile(cluster));
}

// ---- first start ----------------------------------------------------------------------------------------------------

/** Made aside and renamed into place whole, so that neither a crash nor a second process leaves half a cluster. */
async function createCluster(
  cluster: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
): Promise<void> {
  await removeDraftsOfTheDead(path.dirname(cluster));
  const draft = await mkdtemp(path.join(path.dirname(cluster), `draft-${process.pid}-`));
  try {
    await account.own(draft);
    const password = randomBytes(24).toString('hex');
    const passwordFile = path.join(draft, 'password');
    await writeFile(passwordFile, password, { mode: 0o600 });
    await account.own(passwordFile);
    const made = path.join(draft, 'cluster');
    await runProgram(binaries.initdb, account, draft, [
      `--pgdata=${made}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Code-point order on every machine: an operating system's upgrade cannot corrupt an index.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]);
    await writeSecrets(made, { password, port: await findFreePort() });
    await rename(made, cluster).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error; // another process was faster: its cluster counts
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** What a process that was killed during its first start left behind. */
async function removeDraftsOfTheDead(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid] = /^draft-(\d+)-/.exec(name) ?? [];
    if (pid && !isAlive(Number(pid))) await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

function runProgram(
  program: string,
  account: PostgresAccount,
  cwd: string,
  parameters: string[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const [command = program, ...rest] = [...account.prefix, program, ...parameters];
    const child = spawn(command, rest, {
      ...account.spawnOptions,
      cwd,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${path.basename(program)} failed (${code}): ${output.trim()}`)),
    );
  });
}

/** Without the PG… variables of the person who starts it, which would redirect the programs. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' };
}

// ---- running --------------------------------------------------------------------------------------------------------

/** The server that runs on a cluster; `state` is 'ready' when it takes connections. */
interface Postmaster {
  pid: number;
  port: number;
  state: string;
}

/** The server that runs on `cluster`, or null. Removes the pid file of one that died with its machine. */
async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const pidFile = path.join(cluster, 'postmaster.pid');
  const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!pid) return null;
  if (!(await isPostgresOf(pid, cluster))) {
    // Postgres would take whatever process has that number now for itself and refuse to start.
    await rm(pidFile, { force: true });
    return null;
  }
  return { pid, port: Number(lines[3]), state: lines[7] || 'starting' };
}

/** The port of the server that runs on `cluster`, or null. */
async function findRunning(cluster: string): Promise<number | null> {
  const postmaster = await findPostmaster(cluster);
  if (postmaster && postmaster.state !== 'ready')
    throw new NotReadyError(`Postgres (process ${postmaster.pid}) is ${postmaster.state}.`);
  return postmaster && postmaster.port;
}

async function isPostgresOf(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null); // Postgres works in its data folder
  return cwd === (await realpath(cluster));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Starts the server in a session of its own, so that Ctrl-C does not end it before those who use it. */
async function launch(
  cluster: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
  settings: Record<string, string>,
): Promise<number> {
  const secrets = await readSecrets(cluster);
  const port = (await isFree(secrets.port)) ? secrets.port : await findFreePort();
  if (port !== secrets.port) await writeSecrets(cluster, { ...secrets, port });

  const logFile = path.join(path.dirname(cluster), 'postgres.log');
  const log = await open(logFile, 'w');
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', timezone: 'UTC', ...settings };
  const parameters = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command = binaries.postgres, ...rest] = [
    ...account.prefix,
    binaries.postgres,
    '-D',
    cluster,
    '-p',
    String(port),
    ...parameters,
  ];
  const child = spawn(command, rest, {
    ...account.spawnOptions,
    cwd: path.dirname(cluster),
    env: environment(),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(`exit ${code ?? signal}`));
  });
  child.unref();
  try {
    return await waitUntilReady(cluster, ended, logFile);
  } finally {
    await log.close();
  }
}

async function waitUntilReady(cluster: string, ended: Promise<string>, logFile: string): Promise<number> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const reason = await Promise.race([ended, sleep(20, null)]);
    if (reason !== null) {
      const output = (await readFile(logFile, 'utf8').catch(() => '')).trim();
      const message = `Postgres did not start (${reason}): ${output}`;
      throw /lock file|Address already in use|shared memory block/i.test(output)
        ? new NotReadyError(message)
        : new Error(message);
    }
    const lines = (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[7]?.trim() === 'ready') return Number(lines[3]);
    if (performance.now() > deadline)
      throw new Error(`Postgres did not become ready in ${START_TIMEOUT_MS / 1000} s; see ${logFile}.`);
  }
}

/** A connection that marks the server as in use; it also makes sure that the database exists. */
async function connect(port: number, password: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: USER,
    password,
    database: 'postgres',
    application_name: 'cytograph: uses this server',
  });
  client.on('error', () => {}); // a server that goes away tells everyone who asks it something
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock_shared($1)', [IN_USE_LOCK]);
  } catch (error) {
    await client.end().catch(() => {});
    // Shutting down, starting up, or gone between reading its pid file and calling it.
    if (hasCode(error, 'ECONNREFUSED', 'ECONNRESET', '57P01', '57P03') || /terminated/.test(String(error)))
      throw new NotReadyError(String(error));
    throw error;
  }
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
    if (!hasCode(error, '42P04', '23505')) throw error; // exists; or two processes create it at once
  });
  return client;
}

async function stop(holder: pg.Client, cluster: string): Promise<void> {
  // The lock is held alone until the server is down: whoever comes meanwhile waits for it, and then starts the server anew.
  if (await isLastUser(holder)) {
    const postmaster = await findPostmaster(cluster);
    if (postmaster) await shutDown(postmaster, cluster);
  }
  await holder.end().catch(() => {});
}

/** Fast: ends all sessions, writes everything down. By process, since the next server may be starting on the files already. */
async function shutDown({ pid }: Postmaster, cluster: string): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error; // down already
  }
  while (await isPostgresOf(pid, cluster)) {
    if (performance.now() > deadline)
      throw new Error(`Postgres (process ${pid}) did not shut down in ${STOP_TIMEOUT_MS / 1000} s.`);
    await sleep(20);
  }
}

async function isLastUser(holder: pg.Client): Promise<boolean> {
  try {
    await holder.query('SELECT pg_advisory_unlock_shared($1)', [IN_USE_LOCK]);
    const { rows } = await holder.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      IN_USE_LOCK,
    ]);
    return rows[0]?.alone === true;
  } catch {
    return true; // the connection broke: nobody is known to use a server that is in this state
  }
}

// ---- small things ---------------------------------------------------------------------------------------------------

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded && typeof error.code === 'string' && codes.includes(error.code);
}
