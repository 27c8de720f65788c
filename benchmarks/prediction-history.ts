// How long pages and counts of the prediction history take in the database: every filter alone, every pair and some triples,
// in every order, on the first, the last and a middle page, and backward. Prints a table, writes JSON; fails above 20 ms.
//   node scripts/run.mjs benchmarks/prediction-history --rows 1000000 [--folder FOLDER] [--out FILE.json] [--show 20]
// Without --folder, the database is temporary. With it, the database is kept, and a second run uses its data.
import 'reflect-metadata'; // before any class with TypeGraphQL's decorators
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createDatabase } from '../server/database/client.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { fillDatabase } from './prediction-history/fill-database.js';
import { historyFilters } from './prediction-history/history-filters.js';
import { type Measurement, measureHistory } from './prediction-history/measure-history.js';

const LIMIT_MS = 20;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    folder: { type: 'string' },
    out: { type: 'string' },
    show: { type: 'string', default: '20' },
  },
});
const begun = performance.now();
const rows = Number(values.rows);
const folder = values.folder ?? (await mkdtemp(path.join(tmpdir(), 'cytograph-history-')));
await mkdir(folder, { recursive: true });
try {
  await fillDatabase(folder, rows, say);
  const measurements = await measure();
  const summary = report(measurements);
  if (values.out) await writeFile(values.out, JSON.stringify({ rows, ...summary, measurements }, null, 1));
  if (summary.faults > 0 || summary.databaseMs.p95 > LIMIT_MS) process.exitCode = 1;
} finally {
  if (!values.folder) await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<Measurement[]> {
  const postgres = await startEmbeddedPostgres(folder);
  const database = createDatabase(postgres.url, 1);
  try {
    return await measureHistory(database, await historyFilters(database), say);
  } finally {
    await database.$disconnect();
    await postgres.stop();
  }
}

function report(measurements: Measurement[]) {
  const slowest = [...measurements].sort((a, b) => b.databaseMs - a.databaseMs);
  console.table(
    slowest.slice(0, Number(values.show)).map(({ databaseMs, wallMs, faults, ...one }) => ({
      ...one,
      databaseMs: Number(databaseMs.toFixed(1)),
      wallMs: Number(wallMs.toFixed(1)),
      faults: faults.join(', '),
    })),
  );
  const summary = {
    statements: measurements.length,
    faults: measurements.filter(({ faults }) => faults.length > 0).length,
    above: measurements.filter(({ databaseMs }) => databaseMs > LIMIT_MS).length,
    databaseMs: percentiles(measurements.map(({ databaseMs }) => databaseMs)),
    pageMs: percentiles(
      measurements.flatMap(({ what, databaseMs }) => (what === 'page' ? [databaseMs] : [])),
    ),
    countMs: percentiles(
      measurements.flatMap(({ what, databaseMs }) => (what === 'count' ? [databaseMs] : [])),
    ),
    wallMs: percentiles(measurements.map(({ wallMs }) => wallMs)),
  };
  console.log(summary);
  return summary;
}

function percentiles(numbers: number[]) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(2));
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

function say(message: string): void {
  console.error(`${((performance.now() - begun) / 1000).toFixed(1).padStart(8)} s  ${message}`);
}
