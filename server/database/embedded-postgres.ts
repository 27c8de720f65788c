import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { z } from 'zod';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { damaged, PostgresFilesError, startFault, unreadable } from './postgres-faults.js';
import { openPostgresLog, type PostgresLog } from './postgres-log.js';

export interface EmbeddedPostgres {
  /** Connection string of the database `cytograph`, as superuser, over loopback: for migrations. */
  url: string;
  /** The same as a role that owns nothing, for the server and the worker. `grantProcessRights` gives it its rights. */
  processUrl: string;
  /** Fast shutdown, unless another process has started (adopted) the same server and still uses it. */
  stop(): Promise<void>;
}

const MAJOR_VERSION = '17';
const USER = 'postgres';
const PROCESS_USER = 'cytograph_process';
const DATABASE = 'cytograph';
/** Advisory lock that every process using the server holds in shared mode. The process that can get it exclusively is the last one. */
const IN_USE_LOCK = 4_021_968;
/** Advisory lock held while the role of the process gets its password. */
const PROCESS_ROLE_LOCK = 4_021_973;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
/** A pid file that stays empty for this long is not being written: Postgres writes it within milliseconds. */
const PID_FILE_MS = 2_000;

/** Receives messages about the server while it is in use. */
type Log = Pick<Logger, 'info' | 'warn'>;
const SILENT: Log = { info: () => undefined, warn: () => undefined };

/**
 * Starts Postgres on the data in `folder`, which is created on the first start. If a server is already running on it, because
 * the previous process was killed or another process shares the folder, that server is used. It listens on a free port
 * of 127.0.0.1 (the same port as before if it is free), with a random password that is stored only in the folder.
 * If the server is killed, it is restarted with all committed data; if that fails, `log` gets the reason.
 * Postgres writes its own messages to `postgres.log` in the folder.
 * @param settings further Postgres settings, such as `{ fsync: 'off' }`
 * @throws Error that says how to fix the problem: the folder belongs to another Postgres version, Postgres may not enter it, …
 */
export async function startEmbeddedPostgres(
  folder: string,
  settings: Record<string, string> = {},
  log: Log = SILENT,
): Promise<EmbeddedPostgres> {
  const cluster = path.join(path.resolve(folder), 'cluster');
  const binaries = await findPostgresBinaries();
  await mkdir(path.dirname(cluster), { recursive: true });
  const account = await choosePostgresAccount(cluster, binaries.postgres);

  if (!(await hasFiles(cluster))) await createCluster(cluster, binaries, account);
  const version = await readVersion(cluster);
  if (!version) throw damaged(cluster, `${cluster} has files but no version in PG_VERSION.`);
  if (version !== MAJOR_VERSION)
    throw new Error(
      `${cluster} was created by Postgres ${version}, but this is Postgres ${MAJOR_VERSION}. Dump the data with version ` +
        `${version}, then move the folder away, start again and restore the dump.`,
    );

  return keepRunning(
    () => openServer(cluster, binaries, account, settings, log),
    (holder) => stop(holder, cluster),
    log,
  );
}

/** A running server, and the connection that marks it as in use. */
interface OpenServer {
  url: string;
  processUrl: string;
  holder: pg.Client;
}

async function openServer(
  cluster: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
  settings: Record<string, string>,
  log: Log,
): Promise<OpenServer> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const running = await findRunning(cluster);
      if (running === null) await renewLostSecrets(cluster, binaries, account, log);
      const port = running ?? (await launch(cluster, binaries, account, settings));
      const { password } = await readSecrets(cluster);
      const holder = await connect(cluster, port, password).catch(async (error: unknown) => {
        const useless =
          running === null && !(error instanceof NotReadyError) && (await findPostmaster(cluster));
        if (useless) await shutDown(useless, cluster);
        throw error;
      });
      const processPassword = await prepareProcessRole(holder, cluster);
      return {
        url: urlOf(port, USER, password),
        processUrl: urlOf(port, PROCESS_USER, processPassword),
        holder,
      };
    } catch (error) {
      // Another process may be starting or stopping the same server at this moment, so try again a little later.
      if (!(error instanceof NotReadyError) || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

const REVIVAL_PAUSE_MS = 1000;

/** Opens the server, and opens it again each time it ends unexpectedly (killed, out of memory). */
async function keepRunning(
  open: () => Promise<OpenServer>,
  stop: (holder: pg.Client) => Promise<void>,
  log: Log,
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
    log.warn('The embedded Postgres has ended and is started again. postgres.log says why it ended.');
    let reason = '';
    while (!stopping.signal.aborted)
      try {
        server = await open();
        reviveWhenGone();
        log.info('The embedded Postgres is running again.');
        return;
      } catch (error) {
        // Until then, queries fail because the database is unavailable. The same reason is logged only once.
        const message = error instanceof Error ? error.message : String(error);
        const withoutTimes = message.replaceAll(/\d+/g, '');
        if (withoutTimes !== reason)
          log.warn({ err: error }, `The embedded Postgres does not start: ${message}`);
        reason = withoutTimes;
        await sleep(REVIVAL_PAUSE_MS, null, { signal: stopping.signal }).catch(() => {});
      }
  }

  reviveWhenGone();
  return {
    url: server.url,
    processUrl: server.processUrl,
    stop: async () => {
      stopping.abort();
      await reviving;
      await stop(server.holder);
    },
  };
}

/** The server is starting or stopping; trying again may succeed. */
class NotReadyError extends Error {}

function urlOf(port: number, user: string, password: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

async function hasFiles(cluster: string): Promise<boolean> {
  try {
    return (await readdir(cluster)).length > 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw asUnreadable(cluster, error);
  }
}

async function readVersion(cluster: string): Promise<string | null> {
  try {
    return (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw asUnreadable(cluster, error);
  }
}

function asUnreadable(cluster: string, error: unknown): unknown {
  return hasCode(error, 'EACCES') ? unreadable(cluster, userInfo().username) : error;
}

// ---- passwords and port, stored with the data ----------------------------------------------------------------------------

const secretsSchema = z.object({
  /** The superuser's. */
  password: z.string(),
  /** The password of the role of the process. Releases that had no such role have not stored one. */
  processPassword: z
    .string()
    .regex(/^[0-9a-f]+$/)
    .optional(),
  port: z.number().int(),
});
type Secrets = z.infer<typeof secretsSchema>;

const secretsFile = (cluster: string) => path.join(cluster, 'cytograph.json');

async function readSecrets(cluster: string): Promise<Secrets> {
  const secrets = await readSecretsIfWhole(cluster);
  if (secrets) return secrets;
  throw new PostgresFilesError(
    `${secretsFile(cluster)} is missing or damaged. It contains the password of the Postgres that runs on this folder. Stop ` +
      `every process that uses the folder, Postgres too, and start again: the start then sets a new password.`,
  );
}

/** Returns null if the file is missing or incomplete. */
async function readSecretsIfWhole(cluster: string): Promise<Secrets | null> {
  try {
    return secretsSchema.parse(JSON.parse(await readFile(secretsFile(cluster), 'utf8')));
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw asUnreadable(cluster, error);
  }
}

/** Writes atomically: after a power cut, the file is either the old or the new one. */
async function writeSecrets(cluster: string, secrets: Secrets): Promise<void> {
  const draft = `${secretsFile(cluster)}.${process.pid}`;
  await writeFile(draft, JSON.stringify(secrets), { mode: 0o600, flush: true });
  await rename(draft, secretsFile(cluster));
}

/**
 * Sets a new password if the old one was lost. This runs Postgres on the files in single-user mode, without a network
 * (`postgres --single`), and needs no password: the owner of the files has access to the data anyway.
 */
async function renewLostSecrets(
  cluster: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
  log: Log,
): Promise<void> {
  if (await readSecretsIfWhole(cluster)) return;
  const password = randomBytes(24).toString('hex');
  const parameters = ['--single', '-D', cluster, '-c', 'log_statement=none', 'postgres'];
  const statement = `ALTER ROLE ${USER} PASSWORD '${password}'\n`;
  await runProgram(binaries.postgres, account, path.dirname(cluster), parameters, statement).catch(
    (error: unknown) => {
      const { message } = error instanceof Error ? error : { message: String(error) };
      throw startFault(cluster, 'setting a new password', message, account.name);
    },
  );
  await writeSecrets(cluster, { password, port: await findFreePort() });
  log.warn(`${secretsFile(cluster)} was missing or damaged: the embedded Postgres has a new password.`);
}

/**
 * Makes sure that the role of the process exists and has the stored password, which is created on the first start and on the
 * first start after an upgrade from a release without this role.
 * @returns the password
 */
async function prepareProcessRole(holder: pg.Client, cluster: string): Promise<string> {
  await holder.query('BEGIN');
  try {
    await holder.query('SELECT pg_advisory_xact_lock($1)', [PROCESS_ROLE_LOCK]);
    const secrets = await readSecrets(cluster);
    const password = secrets.processPassword ?? randomBytes(24).toString('hex');
    if (secrets.processPassword === undefined)
      await writeSecrets(cluster, { ...secrets, processPassword: password });
    const { rowCount } = await holder.query('SELECT FROM pg_roles WHERE rolname = $1', [PROCESS_USER]);
    await holder.query(
      `${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${PROCESS_USER} NOSUPERUSER LOGIN PASSWORD '${password}'`,
    );
    await holder.query('COMMIT');
    return password;
  } catch (error) {
    await holder.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

// ---- first start ----------------------------------------------------------------------------------------------------

/** Creates the cluster in a temporary folder and renames it, so that a crash or a second process never leaves an incomplete one. */
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
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EPERM')) throw error; // another process created the cluster first, which is then used
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Removes the temporary folders of processes that were killed during their first start. */
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
  input = '',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const [command = program, ...rest] = [...account.prefix, program, ...parameters];
    const child = spawn(command, rest, {
      ...account.spawnOptions,
      cwd,
      env: environment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {}); // the program ended without reading its input: its exit code says why
    child.stdin.end(input);
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

/** The environment for Postgres's programs, without the PG… variables of the user, which would redirect them. */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', TZ: 'UTC' };
}

// ---- running --------------------------------------------------------------------------------------------------------

/** The server that runs on a cluster; `state` is 'ready' when it accepts connections. */
interface Postmaster {
  pid: number;
  port: number;
  state: string;
}

const pidFileOf = (cluster: string) => path.join(cluster, 'postmaster.pid');

/** Returns the lines of the pid file, or null if there is none. */
async function readPidFile(cluster: string): Promise<string[] | null> {
  const text = await readFile(pidFileOf(cluster), 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw asUnreadable(cluster, error);
  });
  return text === null ? null : text.split('\n').map((line) => line.trim());
}

/** Returns the server that runs on `cluster`, or null. Removes the pid file of a server that died with its machine. */
async function findPostmaster(cluster: string): Promise<Postmaster | null> {
  const lines = await readSettledPidFile(cluster);
  if (lines === null) return null;
  const pid = pidOf(lines);
  if (pid !== null && (await isPostgresOf(pid, cluster)))
    return { pid, port: Number(lines[3]), state: lines[7] || 'starting' };

  const other = await findPostgresOf(cluster);
  if (other !== null)
    throw new NotReadyError(
      `Postgres (process ${other}) runs on ${cluster}, but its pid file does not say so.`,
    );
  // Postgres would refuse to start because of an empty pid file, or because another process has that number now.
  await rm(pidFileOf(cluster), { force: true });
  return null;
}

/** Reads the pid file, waiting up to 2 s until it names a process: it is empty while Postgres writes it, and after a power cut. */
async function readSettledPidFile(cluster: string): Promise<string[] | null> {
  const deadline = performance.now() + PID_FILE_MS;
  for (;;) {
    const lines = await readPidFile(cluster);
    if (lines === null || pidOf(lines) !== null || performance.now() > deadline) return lines;
    await sleep(20);
  }
}

function pidOf([first = '']: string[]): number | null {
  return /^[1-9]\d{0,9}$/.test(first) ? Number(first) : null;
}

/** Returns the port of the server that runs on `cluster`, or null. */
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
  if (cwd !== (await realpath(cluster))) return false;
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres';
}

/** Returns a Postgres process that works on `cluster`, ignoring the pid file. Null if there is none, or if this is not Linux. */
async function findPostgresOf(cluster: string): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  for (const name of await readdir('/proc'))
    if (/^\d+$/.test(name) && (await isPostgresOf(Number(name), cluster))) return Number(name);
  return null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Starts the server in its own session, so that Ctrl-C does not end it before the processes that use it. */
async function launch(
  cluster: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
  settings: Record<string, string>,
): Promise<number> {
  const secrets = await readSecrets(cluster);
  const port = (await isFree(secrets.port)) ? secrets.port : await findFreePort();
  if (port !== secrets.port) await writeSecrets(cluster, { ...secrets, port });

  const log = await openPostgresLog(path.join(path.dirname(cluster), 'postgres.log'));
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
    return await waitUntilReady(cluster, ended, log, account);
  } finally {
    await log.close();
  }
}

async function waitUntilReady(
  cluster: string,
  ended: Promise<string>,
  log: PostgresLog,
  account: PostgresAccount,
): Promise<number> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const reason = await Promise.race([ended, sleep(20, null)]);
    if (reason !== null) {
      const output = await log.tail();
      throw /lock file|Address already in use|shared memory block/i.test(output)
        ? new NotReadyError(`Postgres did not start (${reason}): ${output}`)
        : startFault(cluster, reason, output, account.name);
    }
    const lines = await readPidFile(cluster);
    if (lines?.[7] === 'ready') return Number(lines[3]);
    if (performance.now() > deadline)
      throw new Error(`Postgres did not become ready in ${START_TIMEOUT_MS / 1000} s; see ${log.file}.`);
  }
}

/** A connection that marks the server as in use; it also makes sure that the database exists. */
async function connect(cluster: string, port: number, password: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: USER,
    password,
    database: 'postgres',
    application_name: 'cytograph: uses this server',
  });
  client.on('error', () => {}); // if the server ends, each query reports it
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock_shared($1)', [IN_USE_LOCK]);
  } catch (error) {
    await client.end().catch(() => {});
    // The server is shutting down or starting up, or it ended after its pid file was read.
    if (hasCode(error, 'ECONNREFUSED', 'ECONNRESET', '57P01', '57P03') || /terminated/.test(String(error)))
      throw new NotReadyError(String(error));
    if (hasCode(error, '28P01'))
      throw new PostgresFilesError(
        `The embedded Postgres refuses the password in ${secretsFile(cluster)}, which does not belong to this data. Stop every ` +
          `process that uses the folder, move that file away and start again: the start then sets a new password.`,
      );
    throw error;
  }
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
    if (!hasCode(error, '42P04', '23505')) throw error; // exists; or two processes create it at once
  });
  return client;
}

async function stop(holder: pg.Client, cluster: string): Promise<void> {
  // The lock is held exclusively until the server is down. A process that arrives in between waits for it, then starts the server again.
  if (await isLastUser(holder)) {
    const postmaster = await findPostmaster(cluster);
    if (postmaster) await shutDown(postmaster, cluster);
  }
  await holder.end().catch(() => {});
}

/**
 * Runs Postgres's fast shutdown, which ends all sessions and writes all data to disk. Addressed by process number, since the next
 * server may already be starting on the files.
 */
async function shutDown({ pid }: Postmaster, cluster: string): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error; // already down
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
    return true; // the connection broke: assume that no other process uses a server in this state
  }
}

// ---- helpers ---------------------------------------------------------------------------------------------------

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
