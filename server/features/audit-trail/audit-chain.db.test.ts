import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { createTestDatabase, type TestDatabase } from '../../database/testing.js';
import { openFolderStore } from '../../storage/folder-store.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { openSigningKey, signingKeyFile, storeCheckpoint } from './checkpoints.js';
import { endOfChain, sealEvents } from './seal-events.js';
import { fingerprintOf } from './signatures.js';
import { type ChainFault, verifyChain } from './verify-chain.js';

let testDatabase: TestDatabase;
let services: { database: Database; store: ObjectStore };
let folder: string;
let keys: { publicKey: KeyObject; privateKey: KeyObject };

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-audit-'));
  services = { database: testDatabase.database, store: openFolderStore(folder) };
  keys = generateKeyPairSync('ed25519');
});
afterEach(async () => {
  await testDatabase.drop();
  await rm(folder, { recursive: true, force: true });
});

const nobody = { viewer: null, ip: '192.0.2.1', requestId: 'request-1' };

async function recordEvents(count: number) {
  const { database } = services;
  for (let i = 0; i < count; i++)
    await recordAuditEvent(database, nobody, { action: 'SIGNED_OUT', detail: `event ${i}` });
}

async function seal() {
  const end = await sealEvents(services.database);
  if (!end) throw new Error('Another process is sealing.');
  return end;
}

async function checkpoint() {
  await storeCheckpoint(services.store, keys.privateKey, await seal());
}

async function verify() {
  const faults: ChainFault[] = [];
  const report = await verifyChain(services, {
    publicKeys: [keys.publicKey],
    onFault: (fault) => faults.push(fault),
    onProgress: () => {},
    signal: new AbortController().signal,
  });
  return { report, faults: faults.map(({ kind, where }) => `${kind} ${where}`) };
}

const tables = ['AuditEvent', 'AuditSeal', 'AuditSealer'];

/** SQL as the owner of the tables, who has switched their triggers and foreign keys off. */
async function tamper(sql: string, values: unknown[] = []) {
  const switchTriggers = (state: 'DISABLE' | 'ENABLE') =>
    tables.map((table) => `ALTER TABLE "${table}" ${state} TRIGGER ALL;`).join(' ');
  const client = new pg.Client(testDatabase.url);
  await client.connect();
  try {
    await client.query(`BEGIN; ${switchTriggers('DISABLE')}`);
    await client.query(sql, values);
    await client.query(`${switchTriggers('ENABLE')} COMMIT`);
  } finally {
    await client.end();
  }
}

test('an untouched chain is intact, and continues', async () => {
  await recordEvents(5);
  await checkpoint();
  await recordEvents(3);
  const end = await seal();
  const { report, faults } = await verify();
  expect(faults).toEqual([]);
  expect(report).toMatchObject({ events: 8n, checkpoints: 1, afterLastCheckpoint: 3n, end, faults: 0 });
});

test('a chain longer than a batch is sealed in one pass', async () => {
  await services.database.auditEvent.createMany({
    data: Array.from({ length: 2_345 }, () => ({
      id: newId('aud'),
      action: 'SIGNED_OUT',
      outcome: 'success',
    })),
  });
  expect(await seal()).toMatchObject({ position: 2_345n });
  expect((await verify()).faults).toEqual([]);
});

test('an event of a transaction that commits late is sealed, and is no fault', async () => {
  await recordEvents(1);
  let commit = () => {};
  const committing = new Promise<void>((resolve) => (commit = resolve));
  let recorded = () => {};
  const isRecorded = new Promise<void>((resolve) => (recorded = resolve));
  const late = services.database.$transaction(async (tx) => {
    await recordAuditEvent(tx, nobody, { action: 'SIGNED_OUT', detail: 'late' });
    recorded();
    await committing;
  });
  await isRecorded;
  await recordEvents(2);
  expect(await seal()).toMatchObject({ position: 3n });
  await recordEvents(1);
  expect(await seal()).toMatchObject({ position: 4n });
  commit();
  await late;
  expect(await seal()).toMatchObject({ position: 5n });
  expect((await verify()).faults).toEqual([]);
});

test('a pass without events writes nothing', async () => {
  await recordEvents(1);
  await seal();
  const lastWrite = () => services.database.$queryRaw`SELECT xmin::text FROM "AuditSealer"`;
  const before = await lastWrite();
  await seal();
  await seal();
  expect(await lastWrite()).toEqual(before);
});

test('several sealers at once make one chain', async () => {
  await recordEvents(20);
  await Promise.all(Array.from({ length: 4 }, () => sealEvents(services.database)));
  expect(await seal()).toMatchObject({ position: 20n });
  expect((await verify()).faults).toEqual([]);
});

test('after a restore into another cluster, whose transaction numbers are lower, events are still sealed', async () => {
  await recordEvents(2);
  await seal();
  await tamper(`UPDATE "AuditSealer" SET "sealedBefore" = '900000000000'`);
  await tamper(`UPDATE "AuditEvent" SET "transactionId" = '800000000000'`);
  await recordEvents(2);
  expect(await seal()).toMatchObject({ position: 4n });
  expect((await verify()).faults).toEqual([]);
});

describe('tampering is found:', () => {
  beforeEach(async () => {
    await recordEvents(6);
    await checkpoint();
  });

  test.each([
    ['action', `'PASSWORD_CHANGED'`],
    ['detail', `'nothing'`],
    ['ip', 'NULL'],
    ['outcome', `'failure'`],
    ['"requestId"', `'request-2'`],
    ['"credentialId"', `'tok_1'`],
    ['"casePseudonym"', `'0123'`],
    ['"entityId"', `'pred_1'`],
    ['answer', `'{"outcome":"CLASSIFIED"}'`],
    ['"createdAt"', `"createdAt" + interval '1 second'`],
  ])('a changed %s', async (column, value) => {
    await tamper(
      `UPDATE "AuditEvent" SET ${column} = ${value} WHERE id = (SELECT "eventId" FROM "AuditSeal" WHERE position = 3)`,
    );
    expect((await verify()).faults).toEqual(['CHANGED 3']);
  });

  test('a removed event', async () => {
    await tamper(
      `DELETE FROM "AuditEvent" WHERE id = (SELECT "eventId" FROM "AuditSeal" WHERE position = 3)`,
    );
    expect((await verify()).faults).toEqual(['REMOVED 3']);
  });

  test('an event removed with its seal', async () => {
    await tamper(
      `WITH seal AS (DELETE FROM "AuditSeal" WHERE position = 3 RETURNING "eventId")
       DELETE FROM "AuditEvent" WHERE id IN (SELECT "eventId" FROM seal)`,
    );
    expect((await verify()).faults).toEqual(['REMOVED 3', 'CHANGED 4']);
  });

  test('the end of the chain removed', async () => {
    await tamper(
      `WITH seal AS (DELETE FROM "AuditSeal" WHERE position > 4 RETURNING "eventId")
       DELETE FROM "AuditEvent" WHERE id IN (SELECT "eventId" FROM seal)`,
    );
    expect((await verify()).faults).toEqual(['REMOVED 6']);
  });

  test('two events exchanged', async () => {
    await tamper(
      `DROP INDEX "AuditSeal_eventId_key";
       UPDATE "AuditSeal" AS seal SET "eventId" = other."eventId" FROM "AuditSeal" AS other
       WHERE seal.position + other.position = 5 AND seal.position IN (2, 3)`,
    );
    expect((await verify()).faults).toEqual(['CHANGED 2', 'CHANGED 3']);
  });

  test('an event inserted with an earlier time', async () => {
    await tamper(
      `INSERT INTO "AuditEvent" (id, "createdAt", action, outcome) VALUES ($1, now() - interval '2 days', 'SIGNED_IN', 'success')`,
      [newId('aud')],
    );
    expect(await seal()).toMatchObject({ position: 7n });
    expect((await verify()).faults).toEqual(['INSERTED 7']);
  });

  test('an event that no sealer sees', async () => {
    const id = newId('aud');
    await tamper(
      `INSERT INTO "AuditEvent" (id, "createdAt", action, outcome, "transactionId")
       VALUES ($1, now() - interval '2 days', 'SIGNED_IN', 'success', '3')`,
      [id],
    );
    expect(await seal()).toMatchObject({ position: 6n });
    expect((await verify()).faults).toEqual([`UNSEALED ${id}`]);
  });

  test('a chain rebuilt without an event', async () => {
    await tamper(
      `DELETE FROM "AuditEvent" WHERE id = (SELECT "eventId" FROM "AuditSeal" WHERE position = 3)`,
    );
    await tamper('DELETE FROM "AuditSeal"');
    await tamper('UPDATE "AuditSealer" SET "sealedBefore" = NULL');
    await recordEvents(1);
    expect(await seal()).toMatchObject({ position: 6n });
    expect((await verify()).faults).toEqual([
      expect.stringMatching(/^CHECKPOINT audit\/checkpoints\/0*6\.json$/),
    ]);
  });

  test('a checkpoint signed by somebody else', async () => {
    await recordEvents(1);
    const { privateKey } = generateKeyPairSync('ed25519');
    await storeCheckpoint(services.store, privateKey, await seal());
    expect((await verify()).faults).toEqual([
      expect.stringMatching(/^CHECKPOINT audit\/checkpoints\/0*7\.json$/),
    ]);
  });

  test('a checkpoint that was changed', async () => {
    for await (const { key } of services.store.list('audit/')) {
      const text = (await services.store.get(key)).toString();
      await services.store.put(
        key,
        Buffer.from(text.replace(/"hash": "[^"]*"/, `"hash": "${'a'.repeat(64)}"`)),
      );
    }
    const { faults } = await verify();
    expect(faults).toEqual([expect.stringMatching(/^CHECKPOINT/)]);
  });
});

test('seals cannot be changed or deleted while triggers are on', async () => {
  await recordEvents(1);
  await seal();
  await expect(services.database.$executeRaw`UPDATE "AuditSeal" SET hash = repeat('0', 64)`).rejects.toThrow(
    'append-only',
  );
  await expect(services.database.$executeRaw`DELETE FROM "AuditSeal"`).rejects.toThrow('append-only');
  expect(await endOfChain(services.database)).toMatchObject({ position: 1n });
});

test('the signing key is made once, for its account only, and stays', async () => {
  const first = await openSigningKey(folder);
  const second = await openSigningKey(folder);
  expect(fingerprintOf(createPublicKey(second))).toBe(fingerprintOf(createPublicKey(first)));
  expect((await stat(signingKeyFile(folder))).mode & 0o777).toBe(0o600);
});
