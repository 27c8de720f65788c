import { createHash } from 'node:crypto';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { loadConfig } from '../../config.js';
import { Prisma } from '../../database/generated/client.js';
import { newId } from '../../database/ids.js';
import { createTestDatabase, type TestDatabase } from '../../database/testing.js';
import { writeDemoCells } from '../../imaging/demo-cells.js';
import { imageKey, snapshotManifestKey } from '../../storage/keys.js';
import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { openObjectStore, openOwnStore } from '../../storage/open-object-store.js';
import { ClassMapping } from './class-mapping.js';
import { ingestImages } from './ingest-images.js';
import { ingestSnapshot } from './ingest-snapshot.js';
import { loadSkipCounts, skipCountsOf } from './skipped-files.js';
import { snapshotItems } from './snapshot-items.js';
import { answerListing, answerObject, refuse, startScriptedS3 } from '../../storage/testing.js';
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
  const config = loadConfig({ DATA_DIR: folder, INGEST_ROOTS: folder, INGEST_BUCKETS: 'cells,bucket' });
  store = openOwnStore(config);
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
  await ingestSnapshot(services, id, { signal: NEVER, attempt: 1 });
  return read(id);
}

/** A copy of the cells that a test may change. */
async function copyOfCells(): Promise<string> {
  const copy = await mkdtemp(path.join(folder, 'copy-'));
  await cp(cells, copy, { recursive: true });
  return copy;
}

/** The findings, without the INFO findings of the shortcut audit, which every snapshot has. */
const found = ({ findings }: { findings: { check: string; severity: string; count: number }[] }) =>
  findings
    .filter(
      ({ check, severity }) => severity !== 'INFO' || !/^shortcut-|^label-in-colour$|^scale$/.test(check),
    )
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

  test('has the same digest wherever its content is, and a different one for other content', async () => {
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

  test('is not affected by system files and notebook checkpoints', async () => {
    const copy = await copyOfCells();
    for (const name of ['.ipynb_checkpoints/a.jpg', '__MACOSX/blast/a.jpg', 'blast/._a.jpg']) {
      await mkdir(path.dirname(path.join(copy, name)), { recursive: true });
      await cp(path.join(copy, 'blast/demo-01_00000.jpg'), path.join(copy, name));
    }
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: CELLS });
    expect(found(snapshot)).toEqual([['system-files', 'INFO', 3]]);
    expect(snapshot).toMatchObject({ fileCount: CELLS + 4, systemFiles: 3 }); // including the groups CSV
  });
});

describe('an interrupted ingestion', () => {
  /** A real store that counts downloads, and can fail after some of them. */
  function counting(inner: ObjectStore, onGet: (count: number) => void = () => {}) {
    const gets: string[] = [];
    const source: ObjectStore = {
      root: inner.root,
      uri: (key) => inner.uri(key),
      put: (...given) => inner.put(...given),
      putOnce: (...given) => inner.putOnce(...given),
      draft: (...given) => inner.draft(...given),
      delete: (...given) => inner.delete(...given),
      get: (key, options) => {
        gets.push(key);
        onGet(gets.length);
        return inner.get(key, options);
      },
      holds: (...given) => inner.holds(...given),
      surelyLacks: (...given) => inner.surelyLacks(...given),
      stat: (key) => inner.stat(key),
      list: (prefix) => inner.list(prefix),
      probeReading: () => inner.probeReading(),
      probe: () => inner.probe(),
      close: () => inner.close(),
    };
    return { source, gets };
  }

  test('continues without downloading recorded files again, and has the same result', async () => {
    const copy = await copyOfCells();
    const source = `file:${copy}`;
    const id = await createSnapshot(source);
    const ingestion = { id, source, classes: null, groupsCsv: null, candidateCount: CELLS, groups: null };
    const abort = new AbortController();

    const first = counting(openObjectStore(source, services.config.s3), (count) => {
      if (count === 25) abort.abort(new Error('stopped'));
    });
    await expect(ingestImages(services, first.source, ingestion, abort.signal)).rejects.toThrow('stopped');
    const recorded = new Set((await read(id)).items.map(({ key }) => key));
    expect(recorded.size).toBe(16);
    expect(await read(id)).toMatchObject({ status: 'INGESTING', digest: null, progress: 16 / CELLS });

    const second = counting(openObjectStore(source, services.config.s3));
    await ingestImages(services, second.source, ingestion, NEVER);
    expect(second.gets).toHaveLength(CELLS - recorded.size);
    expect(second.gets.filter((key) => recorded.has(key))).toEqual([]);

    await ingestSnapshot(services, id, { signal: NEVER, attempt: 2 });
    const snapshot = await read(id);
    expect(snapshot.status).toBe('READY');
    expect(snapshot.digest).toBe((await ingest(`file:${cells}`)).digest);
  });

  test('reads changed files again, and removes the items of deleted files', async () => {
    const copy = await copyOfCells();
    const source = `file:${copy}`;
    const id = await createSnapshot(source);
    const ingestion = { id, source, classes: null, groupsCsv: null, candidateCount: CELLS, groups: null };
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

  test('does not download files that an earlier snapshot has read from the same source', async () => {
    const source = `file:${await copyOfCells()}`;
    await ingest(source);
    const id = await createSnapshot(source);
    const { source: again, gets } = counting(openObjectStore(source, services.config.s3));
    const ingestion = { id, source, classes: null, groupsCsv: null, candidateCount: CELLS, groups: null };
    await ingestImages(services, again, ingestion, NEVER);
    expect(gets).toEqual([]);
    expect((await read(id)).items).toHaveLength(CELLS);
  });

  test('adds nothing to a snapshot that another attempt has made READY', async () => {
    const snapshot = await ingest(`file:${cells}`);
    const ingestion = { ...snapshot, classes: null, groupsCsv: null, candidateCount: CELLS, groups: null };
    const source = openObjectStore(snapshot.source, services.config.s3);
    await expect(ingestImages(services, source, ingestion, NEVER)).rejects.toThrow(
      /^The job snap_\w+ is not running/,
    );
    await ingestSnapshot(services, snapshot.id, { signal: NEVER, attempt: 2 });
    expect(await read(snapshot.id)).toEqual(snapshot);
  });

  test('is decided once, however many workers run it', async () => {
    for (const source of [cells, await mkdtemp(path.join(folder, 'empty-'))]) {
      const id = await createSnapshot(`file:${source}`);
      const attempts = [1, 2, 3].map((attempt) =>
        ingestSnapshot(services, id, { signal: NEVER, attempt }).catch(() => null),
      );
      await Promise.all(attempts);
      const [snapshot, once] = [await read(id), await ingest(`file:${source}`)];
      expect(found(snapshot)).toEqual(found(once));
      expect(snapshot.digest).toBe(once.digest);
    }
  });

  test('refuses a listing that is not in byte order, because it could lose items', async () => {
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
    const ingestion = {
      id,
      source: `file:${cells}`,
      classes: null,
      groupsCsv: null,
      candidateCount: CELLS,
      groups: null,
    };
    await expect(ingestImages(services, source, ingestion, NEVER)).rejects.toThrow('must be in byte order');
  });
});

describe('an invalid source', () => {
  test('an empty folder is REJECTED with its name', async () => {
    const empty = await mkdtemp(path.join(folder, 'empty-'));
    const snapshot = await ingest(`file:${empty}`);
    expect(snapshot).toMatchObject({ status: 'REJECTED', digest: null, itemCount: 0 });
    expect(found(snapshot)).toEqual([['empty-source', 'ERROR', 0]]);
    expect(snapshot.findings[0]?.message).toContain(empty);
  });

  test('a single class is REJECTED before anything is read', async () => {
    const copy = await copyOfCells();
    await rm(path.join(copy, 'blast'), { recursive: true });
    const snapshot = await ingest(`file:${copy}`);
    expect(snapshot).toMatchObject({ status: 'REJECTED', items: [] });
    expect(found(snapshot)[0]).toEqual(['one-class', 'ERROR', 1]);
  });

  test('files that are not images are skipped and listed', async () => {
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

  test('a class without readable images is an ERROR', async () => {
    const copy = await copyOfCells();
    await mkdir(path.join(copy, 'monocyte'));
    await writeFile(path.join(copy, 'monocyte/1.jpg'), 'no image');
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('REJECTED');
    expect(found(snapshot)).toContainEqual(['class-without-images', 'ERROR', 1]);
  });

  test('a duplicate image is a WARNING within a class and an ERROR across classes', async () => {
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
      'lists only some images, and others that do not exist',
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

  test('a patient or an image in two splits is an ERROR, and so are splits for only some images', async () => {
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

describe('names that people type', () => {
  const COMPOSED = 'bl\u00e4st';
  const DECOMPOSED = 'bla\u0308st';

  /** Folders of real cells under other names: each folder gets the images of class `of` from one number to another. */
  async function named(folders: { name: string; of: 'blast' | 'lymphocyte'; from?: number; to?: number }[]) {
    const root = await mkdtemp(path.join(folder, 'named-'));
    for (const { name, of, from, to } of folders) {
      await mkdir(path.join(root, name));
      const files = (await readdir(path.join(cells, of))).sort().slice(from, to);
      for (const file of files) await cp(path.join(cells, of, file), path.join(root, name, file));
    }
    return root;
  }

  test.each([
    ['capitals', 'Blast', 'blast'],
    ['a space at the end', 'blast ', 'blast'],
    ['an encoding of ä', COMPOSED, DECOMPOSED],
    ['a character that cannot be seen', 'blast\u200b', 'blast'],
  ])(
    'class folders that differ only in %s are an ERROR, and one class with the mapping that it offers',
    async (_, one, other) => {
      const root = await named([
        { name: one, of: 'blast', to: 5 },
        { name: other, of: 'blast', from: 5 },
        { name: 'lymphocyte', of: 'lymphocyte' },
      ]);
      const snapshot = await ingest(`file:${root}`);
      expect(snapshot).toMatchObject({ status: 'REJECTED', items: [] });
      expect(found(snapshot)).toEqual([['colliding-classes', 'ERROR', 1]]);
      const [finding] = snapshot.findings;
      for (const spelling of [one, other]) expect(finding?.message).toContain(`'${spelling}'`);

      const mapped = await ingest(`file:${root}`, { classes: ClassMapping.parse(finding?.classes) });
      expect(mapped.status).toBe('READY');
      expect(new Set(mapped.items.map(({ label }) => label)).size).toBe(2);
      expect(mapped.items.filter(({ label }) => label === 'lymphocyte')).toHaveLength(CELLS / 2);
    },
  );

  test('finds a folder of the mapping in any Unicode encoding', async () => {
    const root = await named([
      { name: DECOMPOSED, of: 'blast' },
      { name: 'lymphocyte', of: 'lymphocyte' },
    ]);
    const classes = [
      { folder: COMPOSED, label: COMPOSED },
      { folder: 'lymphocyte', label: 'lymphocyte' },
    ];
    const mapped = await ingest(`file:${root}`, { classes });
    expect(mapped.status).toBe('READY');
    expect(new Set(mapped.items.map(({ label }) => label))).toEqual(new Set([COMPOSED, 'lymphocyte']));
    // Without a mapping the label is the same: the folder's name, tidied.
    const plain = await ingest(`file:${root}`);
    expect(plain.items.map(({ label }) => label)).toEqual(mapped.items.map(({ label }) => label));
  });

  test('files in a folder that differ only in case or encoding are an ERROR that shows both', async () => {
    const copy = await copyOfCells();
    const blast = path.join(copy, 'blast');
    await rename(path.join(blast, 'demo-01_00000.jpg'), path.join(blast, `${COMPOSED}.jpg`));
    await rename(path.join(blast, 'demo-02_00002.jpg'), path.join(blast, `${DECOMPOSED}.JPG`));
    const snapshot = await ingest(`file:${copy}`);
    expect(snapshot.status).toBe('REJECTED');
    expect(found(snapshot)).toContainEqual(['colliding-files', 'ERROR', 1]);
    const example = snapshot.findings.find(({ check }) => check === 'colliding-files')?.examples[0];
    expect(example).toContain(`'blast/${COMPOSED}.jpg'`);
    expect(example).toContain(`'blast/${DECOMPOSED}.JPG'`);
  });

  test('a groups CSV in Windows-1252 keeps Müller and Möller distinct, and a finding reports the encoding', async () => {
    const copy = await copyOfCells();
    const files = (await read(await createSnapshotOf(copy))).items.map(({ key }) => key);
    const patients = ['Müller', 'Möller', 'Maller', 'Meller'];
    const rows = files.map((file, index) => `${file},${patients[index % 4]}`);
    await writeFile(
      path.join(copy, 'groups.csv'),
      Buffer.from(['file,patient', ...rows].join('\r\n'), 'latin1'),
    );
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('READY');
    expect(new Set(snapshot.items.map(({ group }) => group))).toEqual(new Set(patients));
    expect(found(snapshot)).toEqual([['groups-csv-encoding', 'INFO', 2]]);
    expect(snapshot.findings[0]?.examples).toEqual(['Müller', 'Möller']);
  });

  test('a groups CSV in an unknown encoding is refused, with advice', async () => {
    const copy = await copyOfCells();
    await writeFile(path.join(copy, 'groups.csv'), Buffer.from([...Buffer.from('file,patient\na,M'), 0x81]));
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('REJECTED');
    expect(snapshot.findings[0]).toMatchObject({ check: 'groups-csv-unreadable', severity: 'ERROR' });
    expect(snapshot.findings[0]?.message).toContain('CSV UTF-8');
  });

  test('patients in two spellings are an ERROR; files in another spelling match their row', async () => {
    const copy = await copyOfCells();
    const files = (await read(await createSnapshotOf(copy))).items.map(({ key }) => key);
    const rows = files.map((file, index) => `${file.toUpperCase()},${index % 2 ? 'Anna M' : 'anna m'}`);
    await writeFile(path.join(copy, 'groups.csv'), ['file,patient', ...rows].join('\n'));
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('REJECTED');
    expect(found(snapshot)).toEqual([['colliding-groups', 'ERROR', 1]]);
    expect(snapshot.findings[0]?.message).toContain("'anna m' and 'Anna M'");
  });

  test('images of unknown patients have no group and are counted', async () => {
    const copy = await copyOfCells();
    const files = (await read(await createSnapshotOf(copy))).items.map(({ key }) => key);
    const words = ['NA', 'nan', 'None', 'null', '-', '?', 'unknown', '', 'N/A', '#N/A'];
    const rows = files.map((file, index) => `${file},${words[index] ?? `P${index % 4}`}`);
    await writeFile(path.join(copy, 'groups.csv'), ['file,patient', ...rows].join('\n'));
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot.status).toBe('READY');
    expect(snapshot.items.filter(({ group }) => group === null)).toHaveLength(words.length);
    expect(found(snapshot)).toEqual([
      ['unknown-patient', 'INFO', words.length],
      ['without-group', 'WARNING', words.length],
    ]);
    expect(snapshot.findings[0]?.message).toContain(
      "('NA', 'nan', 'None', 'null', '-', '?', 'unknown', empty",
    );
  });

  /** Ingests the folder and returns the keys of its items. */
  async function createSnapshotOf(place: string): Promise<string> {
    return (await ingest(`file:${place}`)).id;
  }
});

describe('every file below a source is accounted for', () => {
  /** The ingested and the skipped files, which together must be all files. */
  async function account(id: string) {
    const snapshot = await read(id);
    const recorded = await loadSkipCounts(services.database, [id]);
    const skipped = skipCountsOf(snapshot, recorded.get(id) ?? []);
    const rows = await services.database.skippedFile.findMany({ where: { snapshotId: id } });
    return {
      taken: snapshot.items.map(({ key }) => key),
      skipped: Object.fromEntries(skipped.map(({ reason, count }) => [reason, count])),
      reasons: Object.fromEntries(rows.map(({ key, reason }) => [key, reason])),
      sum: skipped.reduce((sum, { count }) => sum + count, snapshot.itemCount),
      fileCount: snapshot.fileCount,
    };
  }

  test('broken links and links out of the source are skipped by name, and the other files are ingested', async () => {
    const copy = await copyOfCells();
    await symlink(path.join(copy, 'gone.jpg'), path.join(copy, 'blast/dangling.jpg'));
    await symlink(tmpdir(), path.join(copy, 'blast/elsewhere'));
    const { id, status } = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(status).toBe('READY');
    const { reasons, sum, fileCount } = await account(id);
    expect(reasons).toMatchObject({
      'blast/dangling.jpg': 'UNREADABLE',
      'blast/elsewhere': 'UNREADABLE',
    });
    expect(sum).toBe(fileCount);
  });

  const NAMES = ['a.jpg', 'b.jfif', 'c', 'IMG_1.HEIC', 'd.dcm', 'e.svs', 'f.JPG', 'g.jpg.bak', 'sub/h.jpe'];
  const MORE_NAMES = ['i.gif', 'j.jpg ', '.hidden.jpg', 'k.JPEG'];

  test('13 usual names of JPEG files: the content decides, and the hidden file is counted', async () => {
    const copy = await copyOfCells();
    const image = await readFile(path.join(copy, 'blast/demo-01_00000.jpg'));
    await mkdir(path.join(copy, 'blast/names/sub'), { recursive: true });
    for (const [index, name] of [...NAMES, ...MORE_NAMES].entries()) {
      const other = sharp(image).modulate({ brightness: 1 - index / 40 });
      await writeFile(path.join(copy, 'blast/names', name), await other.jpeg().toBuffer());
    }
    const { id, status } = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(status).toBe('READY');
    const { taken, skipped, sum, fileCount } = await account(id);
    const expected = [...NAMES, ...MORE_NAMES].filter((name) => name !== '.hidden.jpg');
    expect(taken.filter((key) => key.startsWith('blast/names/')).sort()).toEqual(
      expected.map((name) => `blast/names/${name}`).sort(),
    );
    expect(skipped).toEqual({ GROUPS_CSV: 1, SYSTEM_FILE: 1 });
    expect([sum, fileCount]).toEqual([CELLS + 14, CELLS + 14]);
  });

  test('files that are not images are listed with the reason, and a folder of such files is not a class', async () => {
    const copy = await copyOfCells();
    const files = {
      'blast/notes.txt': 'BMP or not: a text',
      'blast/empty': '',
      'blast/report.jpg': '%PDF-1.7',
      'docs/read me.md': '# Cells',
      'docs/table.csv': 'a,b',
      README: 'Cells',
      'stray.jpg': await readFile(path.join(copy, 'blast/demo-01_00000.jpg')),
      'blast/@eaDir/a.jpg': await readFile(path.join(copy, 'blast/demo-01_00000.jpg')),
      '$RECYCLE.BIN/a.jpg': '',
      'blast/Thumbs.db': '',
      'DESKTOP.INI': '',
    };
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(copy, name)), { recursive: true });
      await writeFile(path.join(copy, name), content);
    }
    const snapshot = await ingest(`file:${copy}`, { groupsCsv: 'groups.csv' });
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: CELLS });
    expect(found(snapshot)).toEqual([
      ['unreadable-image', 'WARNING', 1],
      ['stray-images', 'WARNING', 1],
      ['other-files', 'INFO', 5],
      ['system-files', 'INFO', 4],
    ]);
    expect(snapshot.findings.find(({ check }) => check === 'system-files')?.message).toContain(
      '($RECYCLE.BIN: 1, desktop.ini: 1, @eaDir: 1, Thumbs.db: 1)',
    );
    const { reasons, skipped, sum, fileCount } = await account(snapshot.id);
    expect(reasons).toEqual({
      'blast/notes.txt': 'NOT_AN_IMAGE',
      'blast/empty': 'NOT_AN_IMAGE',
      'blast/report.jpg': 'UNREADABLE',
      'docs/read me.md': 'NOT_AN_IMAGE',
      'docs/table.csv': 'NOT_AN_IMAGE',
      README: 'NO_CLASS_FOLDER',
      'stray.jpg': 'NO_CLASS_FOLDER',
      'groups.csv': 'GROUPS_CSV',
    });
    expect(skipped).toMatchObject({ SYSTEM_FILE: 4 });
    expect([sum, fileCount]).toEqual([CELLS + 12, CELLS + 12]);

    const classes = ['blast', 'lymphocyte'].map((name) => ({ folder: name, label: name }));
    const mapped = await account((await ingest(`file:${copy}`, { classes })).id);
    expect(mapped.skipped).toMatchObject({ UNCHOSEN_FOLDER: 5 }); // docs, README, stray.jpg and the CSV
    expect([mapped.sum, mapped.fileCount]).toEqual([CELLS + 12, CELLS + 12]);
  });

  test('two folders, one of them without images, are one class, which is an ERROR', async () => {
    const copy = await copyOfCells();
    await rm(path.join(copy, 'blast'), { recursive: true });
    await mkdir(path.join(copy, 'docs'));
    await writeFile(path.join(copy, 'docs/notes'), 'no image');
    const snapshot = await ingest(`file:${copy}`);
    expect(snapshot.status).toBe('REJECTED');
    expect(found(snapshot)).toContainEqual(['one-class', 'ERROR', 1]);
  });

  test('the unread files of a snapshot that is rejected by its listing are counted as NOT_READ', async () => {
    const copy = await copyOfCells();
    await rm(path.join(copy, 'blast'), { recursive: true });
    const { id, status } = await ingest(`file:${copy}`);
    expect(status).toBe('REJECTED');
    const { skipped, sum, fileCount } = await account(id);
    expect(skipped).toEqual({ NOT_READ: CELLS / 2 + 1 });
    expect(sum).toBe(fileCount);
  });
});

describe('an unreachable source', () => {
  test('is retried, and after the last attempt the snapshot is FAILED with advice', async () => {
    const copy = await copyOfCells();
    const id = await createSnapshot(`file:${copy}`);
    await rename(copy, `${copy}-away`);
    await expect(ingestSnapshot(services, id, { signal: NEVER, attempt: 2 })).rejects.toThrow(copy);
    expect((await read(id)).status).toBe('INGESTING');

    await ingestSnapshot(services, id, { signal: NEVER, attempt: 3 });
    const snapshot = await read(id);
    expect(snapshot).toMatchObject({ status: 'FAILED', digest: null });
    expect(found(snapshot)).toEqual([['ingestion', 'ERROR', 1]]);
    expect(snapshot.findings[0]?.message).toContain(`There is no folder ${copy}`);
  });

  test('a folder that was replaced by a link out of INGEST_ROOTS is not followed', async () => {
    const outside = await mkdtemp(path.join(tmpdir(), 'cytograph-outside-'));
    await cp(cells, outside, { recursive: true });
    const link = path.join(folder, 'link');
    await symlink(outside, link);
    const id = await createSnapshot(`file:${link}`);
    await ingestSnapshot(services, id, { signal: NEVER, attempt: 3 });
    await rm(outside, { recursive: true });
    const snapshot = await read(id);
    expect(snapshot).toMatchObject({ status: 'FAILED', items: [] });
    expect(snapshot.findings[0]?.message).toContain('INGEST_ROOTS');
  });

  test('missing S3 credentials give a finding, not a crash', async () => {
    const id = await createSnapshot('s3://cells/blood');
    const config = {
      ...services.config,
      s3: { endpoint: 'http://127.0.0.1:9', region: 'us-east-1', credentials: null },
    };
    await withoutCredentials(() =>
      ingestSnapshot({ ...services, config }, id, { signal: NEVER, attempt: 3 }),
    );
    const snapshot = await read(id);
    expect(snapshot.status).toBe('FAILED');
    expect(snapshot.findings[0]?.message).toContain('There are no credentials');
  });

  test('a worker that died in every attempt leaves a FAILED snapshot', async () => {
    const id = await createSnapshot(`file:${cells}`);
    await ingestSnapshot(services, id, { signal: NEVER, attempt: 4 });
    expect(await read(id)).toMatchObject({ status: 'FAILED', items: [] });
  });
});

describe('stored images', () => {
  test('that are missing or damaged are restored by ingesting the same files again', async () => {
    const source = await copyOfCells();
    const first = await ingest(`file:${source}`);
    const [damaged = '', lost = '', kept = ''] = first.items.map(({ imageSha256 }) => imageKey(imageSha256));
    const [original, other] = [await store.get(damaged), await store.get(lost)];
    const flipped = Buffer.from(original);
    flipped[200] = (flipped[200] ?? 0) ^ 1;
    await store.put(damaged, flipped);
    await rm(path.join(services.config.objectStore.slice('file:'.length), lost));

    for (const again of [`file:${source}`, `file:${await copyOfCells()}`]) {
      const second = await ingest(again);
      expect(second).toMatchObject({ status: 'READY', digest: first.digest });
      expect(await store.get(damaged)).toEqual(original);
      expect(await store.get(lost)).toEqual(other);
      expect(await store.get(kept)).not.toEqual(original);
      await store.put(damaged, flipped); // for the second ingestion, from a folder without an earlier snapshot
      await rm(path.join(services.config.objectStore.slice('file:'.length), lost));
    }
  });
});

describe('a bucket with one archived object', () => {
  test('becomes READY without it, and a finding names it', async () => {
    const files = new Map<string, Buffer>();
    for (const entry of await readdir(cells, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.jpg$/.test(entry.name)) continue;
      const file = path.join(entry.parentPath, entry.name);
      files.set(`cells/${path.relative(cells, file)}`, await readFile(file));
    }
    const [archived = ''] = files.keys();
    const listed = [...files]
      .map(([key, bytes]) => ({ key, byteSize: bytes.length }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const s3 = await startScriptedS3({
      bucket: ({ kind, key }, response) => {
        if (kind === 'list') answerListing(response, listed);
        else if (key === archived)
          refuse(response, 403, 'InvalidObjectState', 'no', {}, '<StorageClass>GLACIER</StorageClass>');
        else answerObject(response, files.get(key) ?? Buffer.alloc(0));
      },
    });
    try {
      const id = await createSnapshot('s3://bucket/cells');
      const config = { ...services.config, s3: s3.settings };
      await ingestSnapshot({ ...services, config }, id, { signal: NEVER, attempt: 3 });
      const snapshot = await read(id);
      expect(snapshot).toMatchObject({ status: 'READY', itemCount: files.size - 1, fileCount: files.size });
      const name = archived.slice('cells/'.length);
      const finding = snapshot.findings.find(({ exampleKeys, examples }) =>
        [...exampleKeys, ...examples].some((text) => text.includes(name)),
      );
      expect(finding).toMatchObject({ count: 1 });
      expect(JSON.stringify(finding)).toContain('is archived (GLACIER)');
    } finally {
      await s3.close();
    }
  });
});
