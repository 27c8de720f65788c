// How long the list of cases takes at 100,000 cases: pages of many searches and filters with counts and users, as the page Cases
// reads them. Prints the 50th and 95th percentile of each kind, and fails if the 95th of all exceeds 50 ms.
//   node scripts/run.mjs benchmarks/cases [--cases 100000] [--rounds 20]
import 'reflect-metadata'; // before any class with TypeGraphQL's decorators
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Viewer } from '../server/api/context.js';
import { Role } from '../server/api/permissions.js';
import { createDatabase, type Database } from '../server/database/client.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { migrate } from '../server/database/migrate.js';
import { loadCountsOfCases } from '../server/features/cases/count-cells.js';
import { listCases } from '../server/features/cases/list-cases.js';
import { loadWorkersOfCases } from '../server/features/cases/load-cases.js';
import type { CaseFilter } from '../server/features/cases/types.js';

const LIMIT_MS = 50;
const CELLS_OF_CASE = 10;

/** Cases over two years at four sites, of 50 users, a hundredth of them signed. Every case has as many predictions. */
async function fill(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const begun = performance.now();
    await client.query(`SET synchronous_commit = off; SET maintenance_work_mem = '1GB'`);
    await client.query(PARENTS);
    await client.query(`SET session_replication_role = replica`); // the rows of cases are made below, as the migration makes them
    await client.query(CASES, [cases]);
    await client.query(PREDICTIONS, [cases * CELLS_OF_CASE, cases]);
    await client.query(WORKERS);
    await client.query(`VACUUM (ANALYZE) "Case"; `);
    await client.query(`VACUUM (ANALYZE) "CaseWorker"`);
    await client.query(`VACUUM (ANALYZE) "Prediction"`);
    console.log(`${cases} cases were made in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  } finally {
    await client.end();
  }
}

/** The 95th percentile of all requests in milliseconds. */
async function measure(database: Database): Promise<number> {
  const viewer: Viewer = {
    ...{ id: 'user_0', email: '', displayName: '', roles: [Role.CLINICIAN], passwordIsOneTime: false },
    ...{
      createdAt: new Date(),
      disabledAt: null,
      token: null,
      sessionId: null,
      siteIds: [],
      seesAllSites: true,
    },
  };
  const ofSite: Viewer = { ...viewer, siteIds: [siteOf(2)], seesAllSites: false };
  const number = (round: number) => String((round * 7919) % cases).padStart(6, '0');
  const kinds: Record<string, (round: number) => CaseFilter> = {
    newest: () => ({}),
    'one letter': (round) => ({ search: String(round % 10) }),
    'two digits': (round) => ({ search: number(round).slice(2, 4) }),
    'whole reference': (round) => ({ search: number(round) }),
    'other capitals': (round) => ({ search: `LAB-${number(round).slice(0, 4)}` }),
    'no such text': (round) => ({ search: `none ${round}` }),
    signed: () => ({ state: 'SIGNED' }),
    'of a user': (round) => ({ workedOnById: userOf(round % 50) }),
    'of a user with few cases': () => ({ workedOnById: userOf(50) }),
    'of a user, by text': (round) => ({
      workedOnById: userOf(round % 50),
      search: number(round).slice(0, 4),
    }),
    'of a site': (round) => ({ siteId: siteOf(round % 4) }),
    'of a month': (round) => ({ createdAfter: monthOf(round), createdBefore: monthOf(round + 1) }),
  };
  const all: number[] = [];
  const rows = [];
  for (const [kind, filterOf] of Object.entries(kinds)) {
    const times: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const who = round % 2 === 0 ? viewer : ofSite;
      const filter = filterOf(round);
      if (who === ofSite && filter.siteId != null && filter.siteId !== siteOf(2)) continue; // another site is not found
      const begun = performance.now();
      const page = await listCases({ database, viewer: who }, { first: 25 }, filter);
      const ids = page.edges.map(({ node }) => node.id);
      await Promise.all([loadCountsOfCases(database, ids), loadWorkersOfCases(database, ids), page.count()]);
      times.push(performance.now() - begun);
    }
    all.push(...times);
    rows.push({ kind, p50: quantile(times, 0.5), p95: quantile(times, 0.95) });
  }
  console.table(rows);
  const p95 = quantile(all, 0.95);
  console.log(`p95 of ${all.length} pages with counts, users and total: ${p95} ms`);
  return p95;
}

function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN).toFixed(1));
}

function monthOf(round: number): Date {
  return new Date(Date.UTC(2024, round % 24, 1));
}

function userOf(number: number): string {
  return `user_${String(number).padStart(32, '0')}`;
}

function siteOf(number: number): string {
  return `site_${String(number).padStart(32, '0')}`;
}

const PARENTS = `
  INSERT INTO "User" (id, email, "displayName", "passwordHash", roles)
  SELECT 'user_' || lpad(n::text, 32, '0'), n || '@example.org', 'User ' || n, '', '{CLINICIAN}' FROM generate_series(0, 50) n;
  INSERT INTO "Site" (id, name) SELECT 'site_' || lpad(n::text, 32, '0'), 'Site ' || n FROM generate_series(0, 3) n;
  INSERT INTO "Image" (sha256, width, height, "byteSize", "mediaType") VALUES (repeat('a', 64), 8, 8, 9, 'image/png');
  INSERT INTO "Model" (id, name) VALUES ('model_${'0'.repeat(32)}', 'blast');
  INSERT INTO "ModelVersion" (id, "modelId", version, status, digest, manifest, classes, "positiveLabel", "inputSize",
    "decisionThreshold", "abstentionBand", "modelCard")
  VALUES ('mver_${'0'.repeat(32)}', 'model_${'0'.repeat(32)}', 1, 'READY', repeat('b', 64), '{}', '{normal,blast}', 'blast', 224, 0.5,
    '{0.4,0.6}', '')`;

const CASES = `
  INSERT INTO "Case" (id, reference, "searchText", "siteId", state, "createdAt")
  SELECT 'case_' || lpad(n::text, 32, '0'), 'Lab-' || lpad(n::text, 6, '0'), 'lab-' || lpad(n::text, 6, '0'),
    'site_' || lpad((n % 4)::text, 32, '0'), CASE WHEN n % 100 = 0 THEN 'SIGNED' ELSE 'OPEN' END::"CaseState",
    timestamptz '2024-01-01Z' + n * interval '2 years' / $1::int
  FROM generate_series(0, $1::int - 1) AS n`;

const PREDICTIONS = `
  INSERT INTO "Prediction" (id, "createdAt", "createdById", "caseReference", "siteId", "imageSha256", "modelVersionId", outcome, label,
    confidence, probabilities, "outOfDistributionScore", "qualityWarnings", "decodeMs", "queueMs", "inferenceMs", "totalMs", evidence)
  SELECT 'pred_' || lpad(n::text, 32, '0'), timestamptz '2024-01-01Z' + of * interval '2 years' / $2::int,
    'user_' || lpad((of / 7 % 50)::text, 32, '0'), 'Lab-' || lpad(of::text, 6, '0'), 'site_' || lpad((of % 4)::text, 32, '0'),
    repeat('a', 64), 'mver_${'0'.repeat(32)}', (ARRAY['CLASSIFIED', 'CLASSIFIED', 'CLASSIFIED', 'INDETERMINATE'])[1 + n % 4]::"PredictionOutcome",
    (ARRAY['normal', 'blast'])[1 + n % 2], 0.9, '{0.1,0.9}', 0.2, '{}', 1, 1, 1, 3, '\\x00'
  FROM (SELECT n, n / ${CELLS_OF_CASE} AS of FROM generate_series(0, $1::int - 1) AS n) AS numbered`;

const WORKERS = `
  INSERT INTO "CaseWorker" ("caseId", "userId", "caseCreatedAt")
  SELECT DISTINCT c.id, p."createdById", c."createdAt"
  FROM "Prediction" p JOIN "Case" c ON c.reference = p."caseReference" AND c."siteId" = p."siteId";
  INSERT INTO "CaseWorker" ("caseId", "userId", "caseCreatedAt")
  SELECT id, 'user_' || lpad('50', 32, '0'), "createdAt" FROM "Case" WHERE "createdAt" < '2024-02-01' ORDER BY id LIMIT 40`;

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '20' } },
});
const cases = Number(values.cases);
const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-cases-'));
const postgres = await startEmbeddedPostgres(folder, { fsync: 'off', max_wal_size: '4GB' });
const database = createDatabase(postgres.url, 4);
try {
  await migrate(postgres.url);
  await fill(postgres.url);
  if ((await measure(database)) > LIMIT_MS) process.exitCode = 1;
} finally {
  await database.$disconnect();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
