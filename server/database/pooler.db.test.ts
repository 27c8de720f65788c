import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { checkPostgres, keepsSessions } from './check-postgres.js';
import { createDatabase } from './client.js';
import { createTestDatabase, type TestDatabase } from './testing.js';
import { freePort } from '../concurrency/testing-port.js';

const pgbouncer = process.env.TEST_PGBOUNCER;
const describeWithPgBouncer = pgbouncer ? describe : describe.skip;

describeWithPgBouncer('behind PgBouncer', () => {
  let own: TestDatabase;
  let folder: string;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    own = await createTestDatabase();
    folder = await mkdtemp(path.join(tmpdir(), 'cytograph-pooler-'));
    await chmod(folder, 0o755);
  });
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGTERM');
  });
  afterAll(async () => {
    await own.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts a PgBouncer before the test's database; resolves to the address of the database through it. */
  async function startPooler(mode: string, port?: number): Promise<string> {
    const server = new URL(own.url);
    const listenPort = port ?? (await freePort());
    const file = path.join(folder, `${mode}-${listenPort}.ini`);
    const target = `host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}`;
    await writeFile(
      file,
      `[databases]\n* = ${target}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${listenPort}\n` +
        `unix_socket_dir =\nauth_type = any\npool_mode = ${mode}\ndefault_pool_size = 20\n`,
    );
    const asRoot = process.getuid?.() === 0 ? ['-u', 'postgres'] : []; // it refuses to run as root
    const child = spawn(pgbouncer ?? '', [...asRoot, file], { stdio: 'ignore' });
    started.push(child);
    const url = `postgresql://anyone@127.0.0.1:${listenPort}${server.pathname}`;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended with ${child.exitCode}.`);
      const client = new pg.Client(url);
      const isReady = await client.connect().then(
        () => true,
        () => false,
      );
      await client.end().catch(() => undefined);
      if (isReady) return url;
      await sleep(50);
    }
  }

  it.each(['transaction', 'statement'])(
    'in the mode %s the start is refused with what to do',
    async (mode) => {
      const url = await startPooler(mode);
      await expect(checkPostgres(url)).rejects.toThrow(/a pooler in front of it .*pool_mode = session/s);
    },
  );

  it('in the mode session all is well, times included', async () => {
    const url = await startPooler('session');
    await checkPostgres(url);
    const database = createDatabase(url, 2);
    try {
      expect(await keepsSessions(database.pool)).toBe(true);
      const [row] = await database.$queryRaw<{ zone: string }[]>`SELECT current_setting('TimeZone') AS zone`;
      expect(row?.zone).toBe('UTC');
      const before = Date.now();
      await database.model.create({ data: { id: 'model_pooler', name: 'pooler' } });
      const { createdAt } = await database.model.findUniqueOrThrow({ where: { name: 'pooler' } });
      expect(Math.abs(createdAt.getTime() - before)).toBeLessThan(60_000);
    } finally {
      await database.$disconnect();
    }
  });

  it('one that changes its mode while a server runs is noticed by the check of readiness', async () => {
    const url = await startPooler('session');
    const database = createDatabase(url, 2);
    try {
      expect(await keepsSessions(database.pool)).toBe(true);
      const [pooler] = started.splice(0);
      pooler?.kill('SIGKILL');
      await startPooler('transaction', Number(new URL(url).port));
      expect(await keepsSessions(database.pool)).toBe(false);
    } finally {
      await database.$disconnect();
    }
  });
});

describe('a Postgres as people have it', () => {
  let own: TestDatabase;
  beforeAll(async () => {
    own = await createTestDatabase();
  });
  afterAll(() => own.drop());

  const run = (sql: string) => own.database.$executeRawUnsafe(sql);

  /** The address of a fresh role, after statements in which $role stands for its name. */
  async function withRole(password: string, ...statements: string[]): Promise<string> {
    const role = `role_${Math.random().toString(36).slice(2)}`;
    await run(`CREATE ROLE ${role} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
    for (const sql of statements) await run(sql.replaceAll('$role', role));
    const url = new URL(own.url);
    url.username = role;
    url.password = encodeURIComponent(password);
    return url.href;
  }

  it('is accepted as it is, and with a password of any characters', async () => {
    await checkPostgres(own.url);
    await expect(checkPostgres(await withRole(`p@:/?#%&='" ä\\`))).resolves.toBeUndefined();
  });

  it('is refused where the role works in another schema, or can only read', async () => {
    await run('CREATE SCHEMA elsewhere');
    const other = await withRole(
      'x',
      'GRANT ALL ON SCHEMA elsewhere TO $role',
      'ALTER ROLE $role SET search_path = elsewhere',
    );
    await expect(checkPostgres(other)).rejects.toThrow(/works in the schema 'elsewhere'/);
    const reader = await withRole('x', 'ALTER ROLE $role SET default_transaction_read_only = on');
    await expect(checkPostgres(reader)).rejects.toThrow(/it is read-only/);
  });

  it('is refused below version 15, by name of the version', async () => {
    const old = await proxy((bytes) =>
      replaced(replaced(bytes, /\b17\d{4}\b/, '140011'), /\b17\.\d+/, '14.11'),
    );
    await expect(checkPostgres(old.url)).rejects.toThrow(/it is Postgres 14\.11?, .*Postgres 15 or newer/);
    old.close();
  });

  it.each([
    ['no server', { port: '1' }, /no server is listening/],
    ['a wrong password', { password: 'wrong' }, /rejects this user or password/],
    ['a database there is not', { pathname: '/nowhere' }, /has no database of this name/],
    ['a host there is not', { hostname: 'nowhere.invalid' }, /no such host|cannot be resolved/],
    ['TLS that it does not support', { search: '?sslmode=require' }, /does not support TLS/],
    ['a socket there is not', { search: '?host=/nowhere' }, /no such socket/],
  ])('says it in a sentence: %s', async (_, changes, sentence) => {
    await expect(checkPostgres(Object.assign(new URL(own.url), changes).href)).rejects.toThrow(sentence);
  });

  it('is given up after ten seconds where the host swallows what is sent', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const begin = performance.now();
    await expect(checkPostgres(`postgresql://u@127.0.0.1:${port}/d`)).rejects.toThrow(/host does not answer/);
    expect(performance.now() - begin).toBeLessThan(60_000);
    silent.close();
  });

  /** A way to the test's Postgres on which its answers are changed. */
  async function proxy(change: (bytes: Buffer) => Buffer): Promise<{ url: string; close: () => void }> {
    const url = new URL(own.url);
    const target = Number(url.port);
    const server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      client.pipe(upstream).on('error', () => client.destroy());
      upstream.on('data', (bytes) => client.write(change(bytes))).on('end', () => client.end());
      client.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url.port = String(typeof address === 'object' && address ? address.port : 0);
    return { url: url.href, close: () => server.close() };
  }
});

/** With other text of the same length in place of the first that matches. */
function replaced(bytes: Buffer, pattern: RegExp, text: string): Buffer {
  const all = bytes.toString('latin1');
  const found = pattern.exec(all)?.[0];
  return found
    ? Buffer.from(all.replace(found, text.slice(0, found.length).padEnd(found.length, '1')), 'latin1')
    : bytes;
}
