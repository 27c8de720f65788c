// How long a snapshot takes to validate, and in how much memory, once its images are ingested and measured:
//   node scripts/run.mjs benchmarks/validate-snapshot [COUNT…]     (default: 1,000 10,000 100,000)
// The measurements are drawn by lot: two labels, 200 patients, 1 % copies, and an earlier snapshot of the same images.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '../server/database/client.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { newId } from '../server/database/ids.js';
import { migrate } from '../server/database/migrate.js';
import { validateSnapshot } from '../server/features/datasets/validation/validate-snapshot.js';

const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-benchmark-'));
const postgres = await startEmbeddedPostgres(path.join(folder, 'postgres'));
await migrate(postgres.url);
const database = createDatabase(postgres.url);
try {
  await database.$executeRaw`
    CREATE FUNCTION rgb() RETURNS jsonb VOLATILE LANGUAGE sql AS $$
      SELECT jsonb_build_array(round((180 + 40 * random())::numeric, 1), round((150 + 40 * random())::numeric, 1),
        round((170 + 30 * random())::numeric, 1)) $$`;
  const counts = process.argv.slice(2).map(Number);
  for (const count of counts.length > 0 ? counts : [1_000, 10_000, 100_000]) await measure(count);
} finally {
  await database.$disconnect();
  await postgres.stop();
  await rm(folder, { recursive: true });
}

async function measure(count: number): Promise<void> {
  const name = newId('snap');
  const [earlier, snapshot] = [await createSnapshot(name, 1), await createSnapshot(name, 2)];
  await drawImages(count, [earlier.id, snapshot.id]);
  await database.datasetSnapshot.update({
    where: { id: earlier.id },
    data: { status: 'READY', digest: '0'.repeat(64) },
  });

  let peak = 0;
  const before = process.memoryUsage.rss();
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  const begun = performance.now();
  const findings = await validateSnapshot(database, snapshot, new AbortController().signal);
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(sampling);
  console.log(
    `${count} images: ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} images/s, ${findings.length} findings, ` +
      `RSS ${(before / 2 ** 20).toFixed(0)} MB before, ${(peak / 2 ** 20).toFixed(0)} MB at most`,
  );
}

function createSnapshot(name: string, version: number) {
  const id = newId('snap');
  return database.datasetSnapshot.create({
    data: { id, name, version, status: 'INGESTING', source: 'file:/drawn' },
  });
}

/** Drawn by Postgres: what is measured is the memory of this process. */
async function drawImages(count: number, snapshotIds: string[]): Promise<void> {
  await database.$executeRaw`
    CREATE UNLOGGED TABLE drawn AS
      SELECT n, md5(random()::text) || md5(random()::text) AS sha256, md5((n - (random() < 0.01)::int)::text) AS hash
      FROM generate_series(1, ${count}::int) AS n`;
  await database.$executeRaw`
    INSERT INTO "Image" ("sha256", "width", "height", "byteSize", "mediaType", "measurements")
    SELECT sha256, 96, 96, 4000 + random() * 4000, 'image/jpeg', jsonb_build_object(
      'corners', jsonb_build_array(rgb(), rgb(), rgb(), rgb()), 'cornerSpread', rgb(), 'border', rgb(), 'borderSpread', rgb(),
      'colour', rgb(), 'colourSpread', rgb(), 'contrast', 40, 'perceptualHash', '0' || hash || left(md5(hash), 31),
      'jpeg', jsonb_build_object('tables', 'ffffffff', 'quality', 90, 'subsampling', '1x1', 'progressive', false))
    FROM drawn`;
  await database.$executeRaw`
    INSERT INTO "DatasetItem" ("snapshotId", "key", "label", "group", "imageSha256")
    SELECT id, label || '/' || n || '.jpg', label, 'P' || n % 200, sha256
    FROM drawn, unnest(${snapshotIds}::text[]) AS id, LATERAL (SELECT (ARRAY['blast', 'normal'])[1 + n % 2] AS label) AS of`;
  await database.$executeRaw`DROP TABLE drawn`;
}
