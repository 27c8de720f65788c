import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '../../server/database/client.js';
import { startEmbeddedPostgres } from '../../server/database/embedded-postgres.js';
import { createTestDatabase } from '../../server/database/testing.js';
import { migrate } from '../../server/database/migrate.js';
import { grantProcessRights } from '../../server/database/process-rights.js';
import { migrateQueue } from '../../server/jobs/queue.js';
import { imageKey } from '../../server/storage/keys.js';
import { openObjectStore } from '../../server/storage/open-object-store.js';

const program = path.join(import.meta.dirname, 'check-store.js');
const noS3 = { endpoint: null, region: 'us-east-1', credentials: null };
const bytes = Buffer.from('an image');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const row = { sha256, byteSize: bytes.length, width: 9, height: 9, mediaType: 'image/png' };

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'cytograph-check-store-'));
  await chmod(dataDir, 0o755); // Postgres may run as another user
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

function run(env: Record<string, string>, ...args: string[]) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { cwd: dataDir, env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env } },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}
const summary = (checked: number, missing: number, damaged: number) =>
  expect.stringContaining(
    `${checked} objects checked (0.0 MB): ${missing} missing, ${damaged} damaged, 0 not readable.`,
  );

it('checks the embedded database, whether the server runs or not', async () => {
  const store = openObjectStore(`file:${path.join(dataDir, 'objects')}`, noS3);
  await store.put(imageKey(sha256), bytes);
  const postgres = await startEmbeddedPostgres(path.join(dataDir, 'postgres'));
  try {
    await migrate(postgres.url);
    await migrateQueue(postgres.url);
    await grantProcessRights(postgres.url, 'cytograph_process');
    const database = createDatabase(postgres.processUrl, 1);
    await database.image.create({ data: row });
    expect(await run({})).toMatchObject({ code: 0, stdout: summary(1, 0, 0) });
    expect(await database.image.count()).toBe(1); // the server still runs
    await database.$disconnect();
  } finally {
    await postgres.stop();
  }

  await store.put(imageKey(sha256), Buffer.from('an imagE'));
  const { code, stdout, stderr } = await run({});
  expect([code, stdout]).toEqual([1, summary(1, 0, 1)]);
  expect(stdout).toMatch(new RegExp(`^DAMAGED ${imageKey(sha256)}: The object has the SHA-256`));
  expect(stderr).toContain('Reading objects: 1 of 1');
  expect(await readdir(path.join(dataDir, 'postgres/cluster'))).not.toContain('postmaster.pid'); // as it was
});

it('checks a separate database, and reports when it could not check', async () => {
  const test = await createTestDatabase();
  const { url, database } = test;
  const store = openObjectStore(`file:${path.join(dataDir, 'store')}`, noS3);
  try {
    await store.put('images/ab/orphan', bytes);
    const env = { DATABASE_URL: url, OBJECT_STORE: `file:${path.join(dataDir, 'store')}` };
    const clean = await run(env);
    expect([clean.code, clean.stdout]).toEqual([0, expect.stringMatching(/^ORPHAN images\/ab\/orphan: /)]);
    expect(clean.stdout).toContain('1 object has no row.');

    await database.image.create({ data: row });
    const missing = await run(env);
    expect([missing.code, missing.stdout]).toEqual([1, summary(1, 1, 0)]);
    expect(missing.stdout).toMatch(new RegExp(`^MISSING ${imageKey(sha256)}: `));

    const nowhere = await run({ ...env, OBJECT_STORE: `file:${path.join(dataDir, 'nowhere')}` });
    expect([nowhere.code, nowhere.stderr]).toEqual([
      2,
      expect.stringMatching(/^There is no folder .*nowhere/m),
    ]);
    await database.$executeRawUnsafe('DROP TABLE "Image" CASCADE');
    expect(await run(env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no Cytograph tables'),
    });
  } finally {
    await test.drop();
  }
});

it('makes no database where there is none', async () => {
  const { code, stderr } = await run({});
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^There is no database in .*postgres\./)]);
  expect(await readdir(dataDir)).toEqual([]);
  await writeFile(path.join(dataDir, 'a'), '');
  expect(await run({}, '--wrong')).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') });
});
