import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../server/database/testing.js';
import { recordAuditEvent } from '../../server/features/audit/record-audit-event.js';
import { archiveKey } from '../../server/features/audit-trail/archive-file.js';
import { openSigningKey } from '../../server/features/audit-trail/checkpoints.js';
import { sealEvents } from '../../server/features/audit-trail/seal-events.js';
import { openFolderStore } from '../../server/storage/folder-store.js';

let dataDir: string;
let test: TestDatabase;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'cytograph-archive-audit-'));
  test = await createTestDatabase();
  for (let i = 0; i < 4; i++)
    await recordAuditEvent(test.database, { viewer: null, ip: null }, { action: 'SIGNED_OUT' });
  await sealEvents(test.database);
});
afterEach(async () => {
  await test.drop();
  await rm(dataDir, { recursive: true, force: true });
});

function run(
  program: 'archive-audit' | 'verify-audit',
  args: string[] = [],
  env: Record<string, string> = {},
) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
    const child = execFile(
      process.execPath,
      [path.join(import.meta.dirname, `${program}.js`), ...args],
      { cwd: dataDir, env: { PATH: process.env.PATH, DATA_DIR: dataDir, DATABASE_URL: test.url, ...env } },
      (_error, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }),
    );
  });
}

it('archives what is older than the given days, and the verification covers it', async () => {
  await openSigningKey(dataDir);
  expect(await run('archive-audit', [], { AUDIT_RETENTION_DAYS: '1' })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^0 events were moved/),
  });
  expect(await run('archive-audit', ['--days', '0'])).toMatchObject({
    code: 0,
    stdout: `3 events were moved to file:${path.join(dataDir, 'objects/audit/archive')}.\n`,
  });
  expect(await run('verify-audit')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('4 events and 0 checkpoints verified: the chain is intact'),
  });
  await openFolderStore(path.join(dataDir, 'objects')).delete(archiveKey(1n));
  expect(await run('verify-audit')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^REMOVED 1 /) });
});

it.each([
  ['no number of days', [], 'Give --days N'],
  ['a wrong number of days', ['--days', 'ten'], "--days is a whole number of days, not 'ten'"],
  ['no signing key', ['--days', '1'], 'There is no key'],
])('refuses %s', async (_, args, message) => {
  expect(await run('archive-audit', args)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(message),
  });
});

it('reports a damaged chain with its own exit code', async () => {
  await openSigningKey(dataDir);
  await test.database.$transaction([
    test.database.$executeRaw`ALTER TABLE "AuditEvent" DISABLE TRIGGER ALL`,
    test.database.$executeRaw`UPDATE "AuditEvent" SET action = 'SIGNED_IN'`,
  ]);
  expect(await run('archive-audit', ['--days', '0'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('damaged at position 1'),
  });
});
