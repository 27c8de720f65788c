import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pino } from 'pino';
import type { Database } from '../../database/client.js';
import { createTestDatabase, type TestDatabase } from '../../database/testing.js';
import { openFolderStore } from '../../storage/folder-store.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { archiveEvents } from './archive-events.js';
import { archiveKey } from './archive-file.js';
import { storeCheckpoint } from './checkpoints.js';
import { sealEvents } from './seal-events.js';
import { type ChainFault, verifyChain } from './verify-chain.js';

let testDatabase: TestDatabase;
let database: Database;
let store: ObjectStore;
let folder: string;
let keys: { publicKey: KeyObject; privateKey: KeyObject };

beforeEach(async () => {
  testDatabase = await createTestDatabase();
  ({ database } = testDatabase);
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-archive-'));
  store = openFolderStore(folder);
  keys = generateKeyPairSync('ed25519');
});
afterEach(async () => {
  await testDatabase.drop();
  await rm(folder, { recursive: true, force: true });
});

const log = pino({ level: 'silent' });
const actor = { viewer: null, ip: '192.0.2.1', requestId: 'request-1' };

async function recordAndSeal(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await recordAuditEvent(database, actor, {
      action: 'IMAGE_CLASSIFIED',
      detail: `event ${i}\n"é🔬"`,
      answer: { outcome: 'CLASSIFIED', label: 'blast', confidence: 0.1 + i / 3 },
    });
  await sealEvents(database);
}

async function checkpoint(): Promise<void> {
  const end = await sealEvents(database);
  if (end) await storeCheckpoint(store, keys.privateKey, end);
}

function archive(
  options: { sealedBefore?: Date; onlyForwarded?: boolean; to?: ObjectStore } = {},
): Promise<number> {
  const { sealedBefore = new Date(Date.now() + 60_000), onlyForwarded = false, to = store } = options;
  return archiveEvents(
    { database, store: to, signingKey: keys.privateKey, log },
    { sealedBefore, onlyForwarded, signal: new AbortController().signal },
  );
}

async function verify() {
  const faults: ChainFault[] = [];
  const report = await verifyChain(
    { database, store },
    {
      publicKeys: [keys.publicKey],
      onFault: (fault) => faults.push(fault),
      onProgress: () => {},
      signal: new AbortController().signal,
    },
  );
  return { report, faults: faults.map(({ kind, where }) => `${kind} ${where}`) };
}

const positions = async () =>
  (await database.auditSeal.findMany({ orderBy: { position: 'asc' } })).map(({ position }) =>
    Number(position),
  );

async function changeArchive(key: string, change: (text: string) => string): Promise<void> {
  const text = gunzipSync(await store.get(key)).toString();
  const changed = change(text);
  expect(changed).not.toBe(text);
  await store.put(key, gzipSync(changed));
}

/** The lines of an archive file, without the statement, changed. */
const changeEvents = (change: (lines: string[]) => string[]) => (text: string) => {
  const [statement = '', ...lines] = text.trimEnd().split('\n');
  return [statement, ...change(lines)].map((line) => `${line}\n`).join('');
};

test('moves old events to the store, keeps the chain, and records it', async () => {
  await recordAndSeal(5);
  await checkpoint();
  expect(await archive()).toBe(4); // the end of the chain stays
  expect(await positions()).toEqual([5]);
  const [event] = await database.auditEvent.findMany({ where: { action: 'AUDIT_EVENTS_ARCHIVED' } });
  expect(event).toMatchObject({
    outcome: 'success',
    detail: expect.stringMatching(
      /^Events with the positions 1 to 4, sealed until .*Z, were moved to audit\/archive\/0*1\.jsonl\.gz\.$/,
    ),
  });

  await recordAndSeal(3);
  expect(await archive()).toBe(4); // 5, the record of the first archiving, and two of the three
  await recordAndSeal(1);
  const { report, faults } = await verify();
  expect(faults).toEqual([]);
  expect(report).toMatchObject({ events: 11n, end: { position: 11n } });
  expect(await database.auditEvent.count()).toBe(3);
});

test('keeps what is newer than the limit, and moves nothing twice', async () => {
  await recordAndSeal(3);
  const [{ now } = { now: new Date() }] = await database.$queryRaw<{ now: Date }[]>`
    SELECT clock_timestamp() + interval '1 millisecond' AS now`;
  await new Promise((resolve) => setTimeout(resolve, 20));
  await recordAndSeal(2);
  expect(await archive({ sealedBefore: now })).toBe(3);
  expect(await archive({ sealedBefore: now })).toBe(0);
  expect((await positions())[0]).toBe(4);
  expect((await verify()).faults).toEqual([]);
});

test('continues after a crash between the file and the database, and after the store failed', async () => {
  await recordAndSeal(4);
  const failing = new Proxy(store, {
    get: (target, name) =>
      name === 'get' ? () => Promise.reject(new Error('killed')) : Reflect.get(target, name).bind?.(target),
  });
  await expect(archive({ to: failing })).rejects.toThrow('killed');
  expect(await positions()).toEqual([1, 2, 3, 4]);
  expect((await verify()).faults).toEqual([]);
  await recordAndSeal(2);
  expect(await archive()).toBe(5);
  expect((await verify()).faults).toEqual([]);
});

test('removes nothing if the store returns other bytes than were written', async () => {
  await recordAndSeal(4);
  const damaging = new Proxy(store, {
    get: (target, name) =>
      name === 'put'
        ? (key: string, bytes: Uint8Array) => target.put(key, bytes.subarray(0, 40))
        : (Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)),
  });
  await expect(archive({ to: damaging })).rejects.toThrow('cannot be read');
  expect(await positions()).toEqual([1, 2, 3, 4]);
});

test('does not move events that still have to be forwarded', async () => {
  await recordAndSeal(5);
  await database.auditForwarder.update({ where: { id: 1 }, data: { forwardedPosition: 2n } });
  expect(await archive({ onlyForwarded: true })).toBe(2);
  expect(await positions()).toEqual([3, 4, 5]);
});

test('several processes at once move each event once', async () => {
  await recordAndSeal(6);
  const moved = await Promise.all([archive(), archive(), archive()]);
  expect(moved.reduce((sum, count) => sum + count)).toBe(5);
  expect((await verify()).faults).toEqual([]);
});

test('does not archive a damaged chain', async () => {
  await recordAndSeal(4);
  await database.$transaction(async (tx) => {
    await tx.$executeRaw`ALTER TABLE "AuditEvent" DISABLE TRIGGER ALL`;
    await tx.$executeRaw`UPDATE "AuditEvent" SET detail = 'other' WHERE id = (SELECT "eventId" FROM "AuditSeal" WHERE position = 2)`;
    await tx.$executeRaw`ALTER TABLE "AuditEvent" ENABLE ALWAYS TRIGGER "AuditEvent_append_only"`;
  });
  await expect(archive()).rejects.toThrow('damaged at position 2');
  expect(await positions()).toEqual([1, 2, 3, 4]);
});

describe('tampering with the archive is found:', () => {
  beforeEach(async () => {
    await recordAndSeal(6);
    await checkpoint();
    await archive();
    expect((await verify()).faults).toEqual([]);
  });
  const file = archiveKey(1n);

  test('a changed event', async () => {
    await changeArchive(file, (text) => text.replace('event 2', 'event 9'));
    expect((await verify()).faults).toEqual(['CHANGED 3']);
  });

  test('a removed event', async () => {
    await changeArchive(
      file,
      changeEvents((lines) => lines.filter((_, index) => index !== 2)),
    );
    expect((await verify()).faults).toEqual(['REMOVED 3', 'CHANGED 4']);
  });

  test('two events exchanged', async () => {
    await changeArchive(
      file,
      changeEvents(([a = '', b = '', ...others]) => [b, a, ...others]),
    );
    expect((await verify()).faults).not.toEqual([]);
  });

  test('an event inserted', async () => {
    await changeArchive(
      file,
      changeEvents(([a = '', ...others]) => [a, a.replace('event 0', 'event x'), ...others]),
    );
    expect((await verify()).faults).toEqual(expect.arrayContaining(['CHANGED 1']));
  });

  test('a removed file', async () => {
    await store.delete(file);
    expect((await verify()).faults).toEqual(expect.arrayContaining(['REMOVED 1']));
  });

  test('a damaged file', async () => {
    await store.put(file, (await store.get(file)).subarray(0, 100));
    expect((await verify()).faults).toEqual(expect.arrayContaining([`ARCHIVE ${file}`, 'REMOVED 1']));
  });

  test('the end of a file cut off', async () => {
    await changeArchive(
      file,
      changeEvents((lines) => lines.slice(0, -1)),
    );
    expect((await verify()).faults).toEqual([`ARCHIVE ${file}`, 'REMOVED 5', 'CHANGED 6']);
  });

  test('a statement that was changed', async () => {
    await changeArchive(file, (text) => text.replace(/"archivedAt":"\d{4}/, '"archivedAt":"1999'));
    expect((await verify()).faults).toEqual([`ARCHIVE ${file}`]);
  });

  test('a file signed by somebody else', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    keys = { ...keys, privateKey };
    await recordAndSeal(3);
    await archive();
    expect((await verify()).faults).toEqual([`ARCHIVE ${archiveKey(6n)}`]);
  });
});

describe('plain SQL cannot remove events', () => {
  beforeEach(() => recordAndSeal(4));

  test.each(['AuditEvent', 'AuditSeal', 'AuditArchive'])('from %s', async (table) => {
    await archive();
    for (const statement of [`DELETE FROM "${table}"`, `TRUNCATE "${table}" CASCADE`])
      await expect(database.$executeRawUnsafe(statement)).rejects.toThrow('append-only');
  });

  test('that are not in the archive, even in a transaction that records it', async () => {
    const removing = database.$transaction(async (tx) => {
      const id = 'aud_00000000000000000000000000000001';
      await recordAuditEvent(tx, actor, { id, action: 'AUDIT_EVENTS_ARCHIVED' });
      await tx.$queryRaw`SELECT set_config('cytograph.archiving', ${id}, true)`;
      await tx.$executeRaw`DELETE FROM "AuditSeal" WHERE position = 1`;
    });
    await expect(removing).rejects.toThrow('is not in "AuditArchive"');
    expect(await positions()).toEqual([1, 2, 3, 4]);
  });

  test('by naming an earlier archiving', async () => {
    await archive();
    await sealEvents(database);
    const { id } = await database.auditEvent.findFirstOrThrow({ where: { action: 'AUDIT_EVENTS_ARCHIVED' } });
    const removing = database.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT set_config('cytograph.archiving', ${id}, true)`;
      await tx.$executeRaw`DELETE FROM "AuditEvent"`;
    });
    await expect(removing).rejects.toThrow('append-only');
  });
});
