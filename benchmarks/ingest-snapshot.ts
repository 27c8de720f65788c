// How fast snapshots are ingested from a folder into a folder, and how much memory that uses:
//   node scripts/run.mjs benchmarks/ingest-snapshot [COUNT]            procedural cells (default: 5,000)
//   node scripts/run.mjs benchmarks/ingest-snapshot FOLDER [CSV]       labelled folders, and a groups CSV
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../server/config.js';
import { createDatabase } from '../server/database/client.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { newId } from '../server/database/ids.js';
import { migrate } from '../server/database/migrate.js';
import { ingestSnapshot } from '../server/features/datasets/ingest-snapshot.js';
import { writeDemoCells } from '../server/imaging/demo-cells.js';
import { createLog } from '../server/log.js';
import { prepareObjectStore } from '../server/storage/open-object-store.js';

const [what = '5000', csv] = process.argv.slice(2);
const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-benchmark-'));
const isCount = /^\d+$/.test(what);
const source = isCount ? path.join(folder, 'cells') : path.resolve(what);
if (isCount) await writeDemoCells(source, { count: Number(what), seed: 1, size: 96 });

const config = loadConfig({ DATA_DIR: folder, INGEST_ROOTS: source });
const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'));
await migrate(postgres.url);
const database = createDatabase(postgres.url);
const store = await prepareObjectStore(config, []);
const services = { config, database, store, log: createLog('warn') };

try {
  await measure('first ingestion');
  await measure('second ingestion, nothing changed');
} finally {
  await database.$disconnect();
  await postgres.stop();
  await rm(folder, { recursive: true });
}

async function measure(name: string): Promise<void> {
  const id = newId('snap');
  await database.datasetSnapshot.create({
    data: {
      id,
      name: id,
      version: 1,
      status: 'INGESTING',
      source: `file:${source}`,
      groupsCsv: csv ?? (isCount ? 'groups.csv' : null),
    },
  });
  let peak = 0;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const begun = performance.now();
  const attempt = { signal: new AbortController().signal, attempt: 1 };
  await ingestSnapshot(services, id, attempt);
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(sampling);

  const snapshot = await database.datasetSnapshot.findUniqueOrThrow({
    where: { id },
    include: { findings: true },
  });
  console.log(
    `${name}: ${snapshot.status}, ${snapshot.itemCount} images in ${seconds.toFixed(1)} s, ` +
      `${(snapshot.itemCount / seconds).toFixed(0)} images/s, peak RSS ${(peak / 2 ** 20).toFixed(0)} MB, digest ${snapshot.digest}`,
  );
  for (const { check, severity, message, examples } of snapshot.findings) {
    console.log(`  ${severity} ${check}: ${message} ${examples.slice(0, 3).join('; ')}`);
  }
}
