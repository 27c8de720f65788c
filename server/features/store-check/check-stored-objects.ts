import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { ARTIFACT_FILES, Manifest } from '../../artifact/manifest.js';
import type { Database } from '../../database/client.js';
import { artifactPrefix, imageKey, snapshotManifestKey } from '../../storage/keys.js';
import { type ObjectStore, ObjectStoreError } from '../../storage/object-store.js';
import { artifactFiles } from '../models/artifact-files.js';

/** A fault of one object. ORPHAN: no row of the database refers to it. */
export interface ObjectFault {
  kind: 'MISSING' | 'DAMAGED' | 'UNREADABLE' | 'ORPHAN';
  key: string;
  /** The fault as a sentence. */
  detail: string;
}

export interface StoreReport {
  /** The number of objects that the database refers to. */
  checked: number;
  /** Their total size in bytes, according to the database. */
  bytes: number;
  /** The number of faults of each kind. */
  faults: Record<ObjectFault['kind'], number>;
}

export interface CheckOptions {
  /** Called for each fault when it is found. The report contains only their number. */
  onFault: (fault: ObjectFault) => void;
  /** Called with the number of referenced objects checked so far ('named'), then with the number of objects listed so far ('listed'). */
  onProgress?: (part: 'named' | 'listed', done: number, total: number) => void;
  /** How long to wait for the row of a listed object, in milliseconds, because objects are stored before their rows. Default: 5,000. */
  graceMs?: number;
  signal?: AbortSignal;
}

/** The number of objects that are read at the same time, each completely into memory: images of at most MAX_UPLOAD_BYTES, or files of a version. */
const AT_ONCE = 4;
const ROWS_PER_PAGE = 500;
/** The maximum number of objects without a row in memory, until they are looked up again after the grace period. */
const MOST_CANDIDATES = 10_000;
const GRACE_MS = 5_000;
/** The prefixes below which every object should have a row. Other objects in the store do not belong to Cytograph. */
const PREFIXES = ['images/', 'models/', 'snapshots/'];

/** The file names of a version's artifact. */
const FILE_NAMES = [...ARTIFACT_FILES, 'manifest.json'];

/** An object that should be in the store. */
interface NamedObject {
  key: string;
  sha256: string;
  /** The size in bytes; null: not recorded in the database. */
  byteSize: number | null;
}

type Services = { database: Database; store: ObjectStore };

/**
 * Reads every object that the database refers to (images, files of model versions, manifests of snapshots) and compares its size and
 * SHA-256 with the row. Then lists the store to find objects that no row refers to. Changes nothing.
 * Memory use does not grow with the number of objects.
 * @throws ObjectStoreError if the store as a whole cannot be read; the signal's reason if it aborts
 */
export async function checkStoredObjects(services: Services, options: CheckOptions): Promise<StoreReport> {
  const report: StoreReport = {
    checked: 0,
    bytes: 0,
    faults: { MISSING: 0, DAMAGED: 0, UNREADABLE: 0, ORPHAN: 0 },
  };
  const counting: CheckOptions = {
    ...options,
    onFault: (fault) => {
      report.faults[fault.kind] += 1;
      options.onFault(fault);
    },
  };
  await services.store.probeReading();
  const total = await countNamed(services.database);
  await checkNamed(services, counting, report, total);
  await findOrphans(services, counting, total);
  return report;
}

// ---- objects that the database refers to ----------------------------------------------------------------------------

async function checkNamed(
  { database, store }: Services,
  { onFault, onProgress, signal }: CheckOptions,
  report: StoreReport,
  total: number,
): Promise<void> {
  const limit = pLimit(AT_ONCE);
  for await (const page of namedObjects(database)) {
    const checks = page.map((object) =>
      limit(async () => {
        signal?.throwIfAborted();
        const fault = await faultOf(store, object, signal);
        if (fault) onFault(fault);
        report.checked += 1;
        report.bytes += object.byteSize ?? 0;
        onProgress?.('named', report.checked, Math.max(total, report.checked));
      }),
    );
    try {
      await Promise.all(checks);
    } catch (error) {
      limit.clearQueue();
      throw error;
    }
  }
}

async function faultOf(
  store: ObjectStore,
  { key, sha256, byteSize }: NamedObject,
  signal?: AbortSignal,
): Promise<ObjectFault | null> {
  try {
    const found = await store.stat(key);
    if (!found) return { kind: 'MISSING', key, detail: 'The object does not exist.' };
    // An object of the wrong size is not read, because it could be very large.
    if (byteSize !== null && found.byteSize !== byteSize) {
      return {
        kind: 'DAMAGED',
        key,
        detail: `The object has ${found.byteSize} bytes, but should have ${byteSize}.`,
      };
    }
    const actual = createHash('sha256')
      .update(await store.get(key, { signal }))
      .digest('hex');
    if (actual === sha256) return null;
    return {
      kind: 'DAMAGED',
      key,
      detail: `The object has the SHA-256 ${actual}, but should have ${sha256}.`,
    };
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || !error.concernsOneObject) throw error;
    return { kind: kindOf(error), key, detail: error.message };
  }
}

function kindOf({ reason }: ObjectStoreError): 'MISSING' | 'DAMAGED' | 'UNREADABLE' {
  if (reason === 'NOT_FOUND') return 'MISSING';
  return reason === 'DAMAGED' ? 'DAMAGED' : 'UNREADABLE';
}

/** Yields the referenced objects in pages of at most {@link ROWS_PER_PAGE} rows, with keyset pagination. */
async function* namedObjects(database: Database): AsyncGenerator<NamedObject[]> {
  const imagesAfter = (sha256: string) =>
    database.image.findMany({
      where: { sha256: { gt: sha256 } },
      orderBy: { sha256: 'asc' },
      take: ROWS_PER_PAGE,
      select: { sha256: true, byteSize: true },
    });
  for await (const page of pages(imagesAfter, ({ sha256 }) => sha256)) {
    yield page.map(({ sha256, byteSize }) => ({ key: imageKey(sha256), sha256, byteSize }));
  }

  const snapshotsAfter = (id: string) =>
    database.datasetSnapshot.findMany({
      where: { id: { gt: id }, digest: { not: null } },
      orderBy: { id: 'asc' },
      take: ROWS_PER_PAGE,
      select: { id: true, digest: true },
    });
  for await (const page of pages(snapshotsAfter, ({ id }) => id)) {
    const digests = page.flatMap(({ digest }) => digest ?? []);
    yield digests.map((digest) => ({ key: snapshotManifestKey(digest), sha256: digest, byteSize: null }));
  }

  // One row per page, because a manifest may be large.
  const versionsAfter = (id: string) =>
    database.modelVersion.findMany({
      where: { id: { gt: id } },
      orderBy: { id: 'asc' },
      take: 1,
      select: { id: true, version: true, digest: true, manifest: true, model: { select: { name: true } } },
    });
  for await (const page of pages(versionsAfter, ({ id }) => id)) {
    yield page.flatMap(({ version, digest, manifest, model }) =>
      artifactFiles(Manifest.parse(manifest), digest).map(({ name, sha256, byteSize }) => ({
        key: artifactPrefix(model.name, version) + name,
        sha256,
        byteSize,
      })),
    );
  }
}

async function* pages<Row>(
  after: (key: string) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): AsyncGenerator<Row[]> {
  for (
    let page = await after(''), last = page.at(-1);
    last;
    page = await after(keyOf(last)), last = page.at(-1)
  ) {
    yield page;
  }
}

async function countNamed(database: Database): Promise<number> {
  const [images, snapshots, versions] = await Promise.all([
    database.image.count(),
    database.datasetSnapshot.count({ where: { digest: { not: null } } }),
    database.modelVersion.count(),
  ]);
  return images + snapshots + FILE_NAMES.length * versions;
}

// ---- objects that no row refers to ----------------------------------------------------------------------------------

async function findOrphans(
  { database, store }: Services,
  { onFault, onProgress, signal, graceMs = GRACE_MS }: CheckOptions,
  total: number,
): Promise<void> {
  let listed = 0;
  let candidates: string[] = [];
  const settle = async () => {
    if (candidates.length === 0) return;
    await sleep(graceMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
    for await (const keys of inPages(candidates)) {
      for (const key of await withoutRow(database, keys)) {
        onFault({ kind: 'ORPHAN', key, detail: 'No row of the database refers to the object.' });
      }
    }
    candidates = [];
  };
  for (const prefix of PREFIXES) {
    for await (const keys of inPages(keysOf(store, prefix))) {
      signal?.throwIfAborted();
      candidates.push(...(await withoutRow(database, keys)));
      if (candidates.length >= MOST_CANDIDATES) await settle();
      listed += keys.length;
      onProgress?.('listed', listed, Math.max(total, listed));
    }
  }
  await settle();
}

/** The keys below a prefix, without the empty objects that represent folders. */
async function* keysOf(store: ObjectStore, prefix: string): AsyncGenerator<string> {
  for await (const { key } of store.list(prefix)) if (!key.endsWith('/')) yield key;
}

async function* inPages(keys: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string[]> {
  let page: string[] = [];
  for await (const key of keys) {
    page.push(key);
    if (page.length < ROWS_PER_PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The keys that no row refers to, in the given order. */
async function withoutRow(database: Database, keys: readonly string[]): Promise<string[]> {
  const parts = (pattern: RegExp) => keys.flatMap((key) => pattern.exec(key)?.slice(1, 2) ?? []);
  const [images, snapshots, versions] = await Promise.all([
    database.image.findMany({
      where: { sha256: { in: parts(/^images\/..\/([0-9a-f]{64})$/) } },
      select: { sha256: true },
    }),
    database.datasetSnapshot.findMany({
      where: { digest: { in: parts(/^snapshots\/([0-9a-f]{64})\.jsonl$/) } },
      select: { digest: true },
    }),
    database.modelVersion.findMany({
      where: { model: { name: { in: [...new Set(parts(/^models\/([^/]+)\//))] } } },
      select: { version: true, model: { select: { name: true } } },
    }),
  ]);
  const named = new Set([
    ...images.map(({ sha256 }) => imageKey(sha256)),
    ...snapshots.map(({ digest }) => snapshotManifestKey(digest ?? '')),
    ...versions.flatMap(({ version, model }) =>
      FILE_NAMES.map((name) => artifactPrefix(model.name, version) + name),
    ),
  ]);
  return keys.filter((key) => !named.has(key));
}
