import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../config.js';
import { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { createTestDatabase, type TestDatabase } from '../../database/testing.js';
import { writeDemoCells } from '../../imaging/demo-cells.js';
import { imageKey, snapshotManifestKey } from '../../storage/keys.js';
import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { openObjectStore } from '../../storage/open-object-store.js';
import type { ClassMapping } from './class-mapping.js';
import { ingestImages } from './ingest-images.js';
import { ingestSnapshot } from './ingest-snapshot.js';
import { snapshotItems } from './snapshot-items.js';
import { withoutCredentials } from './testing.js';

const CELLS = 40;
const NEVER = new AbortController().signal;
const log = pino({ level: 'silent' });

let folder: string;
let cells: string;
let testDatabase: TestDatabase;
let store: ObjectStore;
let services: Parameters<typeof ingestSnapshot>[0];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'cytograph-test-'));
  cells = path.join(folder, 'cells');
  await writeDemoCells(cells, { count: CELLS, seed: 1, size: 48, patients: 4 });
  testDatabase = await createTestDatabase();
  const config = loadConfig({ DATA_DIR: folder, INGEST_ROOTS: folder });
  store = openObjectStore(config.objectStore, config.s3);
  services = { config, database: testDatabase.database, store, log };
});
afterAll(async () => {
  await testDatabase.drop();
  await rm(folder, { recursive: true });
});

async function createSnapshot(
  source: string,
  { classes = null, groupsCsv = null }: { classes?: ClassMapping; groupsCsv?: string | null } = {},
): Promise<string> {
  const id = newId('snap');
  await services.database.datasetSnapshot.create({
    data: {
      id,
      name: id,
      version: 1,
      status: 'INGESTING',
      source,
      classes: classes ?? Prisma.DbNull,
      groupsCsv,
    },
  });
  return id;
}

async function read(id: string) {
  const snapshot = await services.database.datasetSnapshot.findUniqueOrThrow({
    where: { id },
    include: { findings: { orderBy: { id: 'asc' } } },
  });
  const items = [];
  for await (const item of snapshotItems(services.database, id)) items.push(item);
  return { ...snapshot, items };
}

async function ingest(...parameters: Parameters<typeof createSnapshot>) {
  const id = await createSnapshot(...parameters);
  await ingestSnapshot(services, id, { signal: NEVER, attempt: 1, maxAttempts: 3 });
  return read(id);
}

/** A copy of the cells that a test may change. */
async function copyOfCells(): Promise<string> {
  const copy = await mkdtemp(path.join(folder, 'copy-'));
  await cp(cells, copy, { recursive: true });
  return copy;
}

/** What was found, but for what the shortcut audit says of every snapshot: that it found nothing. */
const found = ({ findings }: { findings: { check: string; severity: string; count: number }[] }) =>
  findings
    .filter(({ check, severity }) => severity !== 'INFO' || !/^shortcut-|^label-in-colour$/.test(check))
    .map(({ check, severity, count }) => [check, severity, count]);

describe('a good source', () => {
  test('becomes READY, with every image stored under its SHA-256 and a manifest under its digest', async () => {
    const snapshot = await ingest(`file:${cells}`, { groupsCsv: 'groups.csv' });

    expect(found(snapshot)).toEqual([]);
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: CELLS, progress: 1 });
    expect(snapshot.items).toHaveLength(CELLS);
    for (const { key, label, group, imageSha256 } of snapshot.items) {
      expect(key).toMatch(new RegExp(`^${label}/${group}_`));
      const bytes = await store.get(imageKey(imageSha256));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(imageSha256);
    }
    const image = await services.database.image.findFirstOrThrow();
    expect(image).toMatchObject({ width: 48, height: 48, mediaType: 'image/jpeg' });

    const manifest = await store.get(snapshotManifestKey(snapshot.digest ?? ''));
    expect(createHash('sha256').update(manifest).digest('hex')).toBe(snapshot.digest);
    const lines = manifest.toString().trimEnd().split('\n');
    expect(lines).toEqual([...lines].sort());
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      key: snapshot.items[0]?.key,
      label: 'blast',
      group: 'demo-01',
      split: null,
      sha256: snapshot.items[0]?.imageSha256,
    });
  });

  test('has the same digest wherever its content lies, and another one for other content', async () => {
    const [one, same] = [await ingest(`file:${cells}`), await ingest(`file:${await copyOfCells()}`)];
    expect(same.digest).toBe(one.digest);
    expect(same.digest).not.toBeNull();

    const classes = [
      { folder: 'lymphocyte', label: 'normal' },
      { folder: 'blast', label: 'blast' },
    ];
    const relabelled = await ingest(`file:${cells}`, { classes });
    expect(relabelled.items.map(({ label }) => label).sort()[CELLS - 1]).toBe('normal');
    expect(relabelled.digest).not.toBe(one.digest);
    expect((await ingest(`file:${cells}`, { groupsCsv: 'groups.csv' })).digest).not.toBe(one.digest);
  });

  test('without groups is READY with a warning', async () => {
    expect(found(await ingest(`file:${cells}`))).toEqual([
      ['other-files', 'INFO', 1],
      ['no-groups', 'WARNING', CELLS],
    ]);
  });

  test('is not changed by what desktops and notebooks leave behind', async () => {
    const copy = await copyOfCells();
    for (const name of ['.ipynb_checkpoints/a.jpg', '__MACOSX/blast/a.jpg', 'blast/._a.jpg']) {
      await mkdir(path.dirname(path.join(copy, name)), { recursive: true });
      await cp(path.join(copy, 'blast/demo-01_00000.jpg'), path.join(copy, name));
    }
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: CELLS });
    expect(found(snapshot)).toEqual([['other-files', 'INFO', 3]]);
  });
});

describe('an ingestion that is broken off', () => {
  /** A real store that counts what is downloaded from it, and may break off. */
  function counting(inner: ObjectStore, onGet: (count: number) => void = () => {}) {
    const gets: string[] = [];
    const source: ObjectStore = {
      root: inner.root,
      uri: (key) => inner.uri(key),
      put: (...given) => inner.put(...given),
      putOnce: (...given) => inner.putOnce(...given),
      draft: (...given) => inner.draft(...given),
      get: (key, options) => {
        gets.push(key);
        onGet(gets.length);
        return inner.get(key, options);
      },
      holds: (...given) => inner.holds(...given),
      stat: (key) => inner.stat(key),
      list: (prefix) => inner.list(prefix),
      probeReading: () => inner.probeReading(),
      probe: () => inner.probe(),
      close: () => inner.close(),
    };
    return { source, gets };
  }

  test('goes on without a second download of what is recorded, and ends as if nothing had been', async () => {
    const copy = await copyOfCells();
    const source = `file:${copy}`;
    const id = await createSnapshot(source);
    const ingestion = { id, source, classes: null, imageCount: CELLS, groups: null };
    const abort = new AbortController();

    const first = counting(openObjectStore(source, services.config.s3), (count) => {
      if (count === 25) abort.abort(new Error('broken off'));
    });
    await expect(ingestImages(services, first.source, ingestion, abort.signal)).rejects.toThrow('broken off');
    const recorded = new Set((await read(id)).items.map(({ key }) => key));
    expect(recorded.size).toBe(16);
    expect(await read(id)).toMatchObject({ status: 'INGESTING', digest: null, progress: 16 / CELLS });

    const second = counting(openObjectStore(source, services.config.s3));
    await ingestImages(services, second.source, ingestion, NEVER);
    expect(second.gets).toHaveLength(CELLS - recorded.size);
    expect(second.gets.filter((key) => recorded.has(key))).toEqual([]);

    await ingestSnapshot(services, id, { signal: NEVER, attempt: 2, maxAttempts: 3 });
    const snapshot = await read(id);
    expect(snapshot.status).toBe('READY');
    expect(snapshot.digest).toBe((await ingest(`file:${cells}`)).digest);
  });

  test('reads again what has changed meanwhile, and forgets what has gone', async () => {
    const copy = await copyOfCells();
    const source = `file:${copy}`;
    const id = await createSnapshot(source);
    const ingestion = { id, source, classes: null, imageCount: CELLS, groups: null };
    await ingestImages(services, openObjectStore(source, services.config.s3), ingestion, NEVER);
    const [gone, changed, kept] = (await read(id)).items;
    const last = (await read(id)).items.at(-1);
    if (!gone || !changed || !kept || !last) throw new Error('no items');

    await rm(path.join(copy, gone.key));
    await rm(path.join(copy, last.key));
    await cp(path.join(copy, kept.key), path.join(copy, changed.key));
    const { source: again, gets } = counting(openObjectStore(source, services.config.s3));
    await ingestImages(services, again, ingestion, NEVER);

    const items = (await read(id)).items;
    expect(gets).toEqual([changed.key]);
    expect(items).toHaveLength(CELLS - 2);
    expect(items.find(({ key }) => key === changed.key)?.imageSha256).toBe(kept.imageSha256);
    expect(items.map(({ key }) => key)).not.toContain(gone.key);
    expect(items.map(({ key }) => key)).not.toContain(last.key);
  });

  test('does not even download once what an earlier snapshot has read from the same place', async () => {
    const source = `file:${await copyOfCells()}`;
    await ingest(source);
    const id = await createSnapshot(source);
    const { source: again, gets } = counting(openObjectStore(source, services.config.s3));
    const ingestion = { id, source, classes: null, imageCount: CELLS, groups: null };
    await ingestImages(services, again, ingestion, NEVER);
    expect(gets).toEqual([]);
    expect((await read(id)).items).toHaveLength(CELLS);
  });

  test('adds nothing to a snapshot that another attempt has made READY', async () => {
    const snapshot = await ingest(`file:${cells}`);
    const ingestion = { ...snapshot, classes: null, imageCount: CELLS, groups: null };
    const source = openObjectStore(snapshot.source, services.config.s3);
    await expect(ingestImages(services, source, ingestion, NEVER)).rejects.toThrow(
      /^Snapshot snap_\w+ is not being/,
    );
    await ingestSnapshot(services, snapshot.id, { signal: NEVER, attempt: 2, maxAttempts: 3 });
    expect(await read(snapshot.id)).toEqual(snapshot);
  });

  test('is decided on once, however many workers are at it', async () => {
    for (const source of [cells, await mkdtemp(path.join(folder, 'empty-'))]) {
      const id = await createSnapshot(`file:${source}`);
      const attempts = [1, 2, 3].map((attempt) =>
        ingestSnapshot(services, id, { signal: NEVER, attempt, maxAttempts: 3 }).catch(() => null),
      );
      await Promise.all(attempts);
      const [snapshot, once] = [await read(id), await ingest(`file:${source}`)];
      expect(found(snapshot)).toEqual(found(once));
      expect(snapshot.digest).toBe(once.digest);
    }
  });

  test('refuses a listing out of order, in which it could lose items', async () => {
    const inner = openObjectStore(`file:${cells}`, services.config.s3);
    const source: ObjectStore = {
      ...counting(inner).source,
      async *list(prefix) {
        const objects: StoredObject[] = [];
        for await (const object of inner.list(prefix)) objects.push(object);
        yield* objects.reverse();
      },
    };
    const id = await createSnapshot(`file:${cells}`);
    const ingestion = { id, source: `file:${cells}`, classes: null, imageCount: CELLS, groups: null };
    await expect(ingestImages(services, source, ingestion, NEVER)).rejects.toThrow('must be in byte order');
  });
});

describe('a source that is wrong', () => {
  test('an empty folder is REJECTED by name', async () => {
    const empty = await mkdtemp(path.join(folder, 'empty-'));
    const snapshot = await ingest(`file:${empty}`);
    expect(snapshot).toMatchObject({ status: 'REJECTED', digest: null, itemCount: 0 });
    expect(found(snapshot)).toEqual([['empty-source', 'ERROR', 0]]);
    expect(snapshot.findings[0]?.message).toContain(empty);
  });

  test('one class is REJECTED before anything is read', async () => {
    const copy = await copyOfCells();
    await rm(path.join(copy, 'blast'), { recursive: true });
    const snapshot = await ingest(`file:${copy}`);
    expect(snapshot).toMatchObject({ status: 'REJECTED', items: [] });
    expect(found(snapshot)[0]).toEqual(['one-class', 'ERROR', 1]);
  });

  test('files that are no images are left out and listed', async () => {
    const copy = await copyOfCells();
    await writeFile(path.join(copy, 'blast/0.jpg'), '%PDF-1.7');
    await writeFile(path.join(copy, 'blast/1.jpg'), '');
    await truncate(path.join(copy, 'blast/demo-01_00000.jpg'), 900);
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: CELLS - 1 });
    expect(found(snapshot)).toEqual([['unreadable-image', 'WARNING', 3]]);
    expect(snapshot.findings[0]?.examples).toEqual([
      expect.stringMatching(/^blast\/0\.jpg: .*PDF/),
      expect.stringMatching(/^blast\/1\.jpg: .*empty/),
      expect.stringMatching(/^blast\/demo-01_00000\.jpg: .*damaged/),
    ]);
  });

  test('a class of which nothing can be read is an ERROR', async () => {
    const copy = await copyOfCells();
    await mkdir(path.join(copy, 'monocyte'));
    await writeFile(path.join(copy, 'monocyte/1.jpg'), 'no image');
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('REJECTED');
    expect(found(snapshot)).toContainEqual(['class-without-images', 'ERROR', 1]);
  });

  test('the same image twice: a warning within a class, an ERROR in two', async () => {
    const copy = await copyOfCells();
    const blast = path.join(copy, 'blast');
    await cp(path.join(blast, 'demo-01_00000.jpg'), path.join(blast, 'again.jpg'));
    const duplicate = await ingest(`file:${copy}`);
    expect(duplicate.status).toBe('READY');
    expect(found(duplicate)).toContainEqual(['duplicate-image', 'WARNING', 1]);

    await cp(path.join(blast, 'demo-02_00002.jpg'), path.join(copy, 'lymphocyte/other.jpg'));
    const conflict = await ingest(`file:${copy}`);
    expect(conflict).toMatchObject({ status: 'REJECTED', digest: null, itemCount: CELLS + 2 });
    expect(found(conflict)).toContainEqual(['label-conflict', 'ERROR', 1]);
    expect(conflict.findings.find(({ check }) => check === 'label-conflict')?.examples).toEqual([
      'blast/demo-02_00002.jpg = lymphocyte/other.jpg',
    ]);
  });

  test.each([
    ['is missing', null, [['groups-csv-missing', 'ERROR', 1]]],
    ['is malformed', 'file,patient\n"x', [['groups-csv-unreadable', 'ERROR', 1]]],
    [
      'names unknown splits',
      'file,patient,split\nblast/demo-01_00000.jpg,P,left\n',
      [['unknown-split', 'ERROR', 1]],
    ],
    [
      'speaks of some images only, and of others that are not there',
      'file,patient\nblast/demo-01_00000.jpg,P\nblast/none.jpg,P\n',
      [
        ['row-without-file', 'WARNING', 1],
        ['without-group', 'WARNING', CELLS - 1],
      ],
    ],
  ])('a groups CSV that %s', async (_, csv, findings) => {
    const copy = await copyOfCells();
    await rm(path.join(copy, 'groups.csv'));
    if (csv !== null) await writeFile(path.join(copy, 'patients.csv'), csv);
    expect(found(await ingest(`file:${copy}`, { groupsCsv: 'patients.csv' }))).toEqual(findings);
  });

  test('the same patient or the same image in two splits is an ERROR, and so is a split for some only', async () => {
    const copy = await copyOfCells();
    const blast = (patient: string, cell: string) => `blast/demo-0${patient}_0000${cell}.jpg`;
    await cp(path.join(copy, blast('1', '0')), path.join(copy, 'blast/again.jpg'));
    const rows = [
      ['blast/again.jpg', 'P1', 'test'],
      [blast('1', '0'), 'P2', 'train'],
      [blast('2', '2'), 'P3', 'train'],
      [blast('3', '4'), 'P3', 'val'],
    ];
    await writeFile(
      path.join(copy, 'groups.csv'),
      ['file,patient,split', ...rows.map((row) => row.join())].join('\n'),
    );
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('REJECTED');
    expect(found(snapshot)).toEqual(
      expect.arrayContaining([
        ['group-in-several-splits', 'ERROR', 1],
        ['image-in-several-splits', 'ERROR', 1],
        ['without-split', 'ERROR', CELLS - 3],
      ]),
    );
    const examples = snapshot.findings.find(({ check }) => check === 'group-in-several-splits')?.examples;
    expect(examples).toEqual(['P3: train, validation']);
  });
});

describe('a source out of reach', () => {
  test('is tried again, and in the last attempt the snapshot is FAILED with what to do', async () => {
    const copy = await copyOfCells();
    const id = await createSnapshot(`file:${copy}`);
    await rename(copy, `${copy}-away`);
    await expect(ingestSnapshot(services, id, { signal: NEVER, attempt: 2, maxAttempts: 3 })).rejects.toThrow(
      copy,
    );
    expect((await read(id)).status).toBe('INGESTING');

    await ingestSnapshot(services, id, { signal: NEVER, attempt: 3, maxAttempts: 3 });
    const snapshot = await read(id);
    expect(snapshot).toMatchObject({ status: 'FAILED', digest: null });
    expect(found(snapshot)).toEqual([['ingestion', 'ERROR', 1]]);
    expect(snapshot.findings[0]?.message).toContain(`There is no folder ${copy}`);
  });

  test('a folder that was exchanged for a link out of INGEST_ROOTS is not followed', async () => {
    const outside = await mkdtemp(path.join(tmpdir(), 'cytograph-outside-'));
    await cp(cells, outside, { recursive: true });
    const link = path.join(folder, 'link');
    await symlink(outside, link);
    const id = await createSnapshot(`file:${link}`);
    await ingestSnapshot(services, id, { signal: NEVER, attempt: 3, maxAttempts: 3 });
    await rm(outside, { recursive: true });
    const snapshot = await read(id);
    expect(snapshot).toMatchObject({ status: 'FAILED', items: [] });
    expect(snapshot.findings[0]?.message).toContain('INGEST_ROOTS');
  });

  test('no credentials for S3 end in a finding, not in a crash', async () => {
    const id = await createSnapshot('s3://cells/blood');
    const config = {
      ...services.config,
      s3: { endpoint: 'http://127.0.0.1:9', region: 'us-east-1', credentials: null },
    };
    await withoutCredentials(() =>
      ingestSnapshot({ ...services, config }, id, { signal: NEVER, attempt: 3, maxAttempts: 3 }),
    );
    const snapshot = await read(id);
    expect(snapshot.status).toBe('FAILED');
    expect(snapshot.findings[0]?.message).toContain('There are no credentials');
  });

  test('a worker that died in every attempt leaves a FAILED snapshot', async () => {
    const id = await createSnapshot(`file:${cells}`);
    await ingestSnapshot(services, id, { signal: NEVER, attempt: 4, maxAttempts: 3 });
    expect(await read(id)).toMatchObject({ status: 'FAILED', items: [] });
  });
});
