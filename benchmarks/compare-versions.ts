// How long the page that compares versions takes: four versions on a snapshot of 10,000 images of 100 patients, over HTTP, with the
// figures, the paired differences with their intervals, the cell types, the patients and the images whose answer changed.
//   node scripts/run.mjs benchmarks/compare-versions [--images 10000] [--versions 4] [--repeats 5]
// Prints milliseconds: the median and all repeats. Nothing is cached between them.
import 'reflect-metadata'; // before any class with TypeGraphQL's decorators
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { describeTrainingData } from '../server/artifact/training-data.js';
import { CloseStack } from '../server/close-stack.js';
import { loadConfig } from '../server/config.js';
import { createDatabase } from '../server/database/client.js';
import { startEmbeddedPostgres } from '../server/database/embedded-postgres.js';
import { createSnapshot, digestOf, type TestItem } from '../server/features/datasets/testing.js';
import { recordEvaluation, registerRandomVersion } from '../server/features/models/testing.js';
import { createTestClient } from '../server/http/testing.js';
import { randomFrom } from '../server/imaging/seeded-random.js';
import { startServer } from '../server/main.js';
import { prepareObjectStore } from '../server/storage/open-object-store.js';

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '10000' },
    versions: { type: 'string', default: '4' },
    repeats: { type: 'string', default: '5' },
  },
});
const [imageCount, versionCount, repeats] = [values.images, values.versions, values.repeats].map(Number);
const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };
const PATIENTS = 100;

const INTERVAL = 'estimate lower upper';
const FIGURES = ['auc', 'sensitivity', 'specificity', 'balancedAccuracy'].map(
  (name) => `${name} { ${INTERVAL} }`,
);
const DIFFERENCES = ['expectedCalibrationError', 'brierScore', 'coverage'].map(
  (name) => `${name} { ${INTERVAL} }`,
);
const COUNTS = `name imageCount versions { modelVersionId correctCount correctRate { ${INTERVAL} } }`;
const PARTS = {
  figures: `imageCount versions { usedInTrainingCount figures { ${FIGURES.join(' ')} brierScore cohensKappa rocCurve { x y } }
    scoreDistribution { lower positiveCount } }`,
  differences: `versions { differences { ${[...FIGURES, ...DIFFERENCES].join(' ')} } }`,
  'cell types': `cellTypes { ${COUNTS} }`,
  'patients and changed images': `groups(first: 10) { edges { node { ${COUNTS} } } }
    changedImages(first: 20) { totalCount edges { node { item { key } answers { label probability } } } }`,
};

const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });
const parts = new CloseStack(log);
try {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-compare-'));
  parts.add(folder, (it) => rm(it, { recursive: true, force: true }));
  await chmod(folder, 0o755); // Postgres may run as another user
  const postgres = parts.add(await startEmbeddedPostgres(path.join(folder, 'postgres')), (it) => it.stop());
  const config = loadConfig({
    DATABASE_URL: postgres.url,
    DATA_DIR: path.join(folder, 'data'),
    PORT: '0',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
    WORKER: 'external',
  });
  const server = parts.add(await startServer(config, log, () => {}), (it) => it.stop());
  const database = parts.add(createDatabase(postgres.url), (it) => it.$disconnect());
  const store = parts.add(await prepareObjectStore(config, []), (it) => it.close());

  const random = randomFrom('compared versions');
  const items: TestItem[] = Array.from({ length: imageCount ?? 0 }, (_, index) => ({
    image: `image ${index}`,
    label: index % 2 === 0 ? 'blast' : 'normal',
    group: `patient ${index % PATIENTS}`,
  }));
  const snapshot = await createSnapshot(database, items);
  // In the order of the keys.
  const stored = await database.datasetItem.findMany({
    where: { snapshotId: snapshot.id },
    orderBy: { key: 'asc' },
  });
  const modelVersionIds: string[] = [];
  for (let version = 1; version <= (versionCount ?? 0); version++) {
    const seen = Array.from({ length: 5000 }, (_, index) => ({
      ...{ imageSha256: digestOf(`seen ${index}`), group: `seen ${index % PATIENTS}` },
    }));
    const trainingData = describeTrainingData(seen) ?? undefined;
    const provenance = { snapshotDigest: digestOf(`set ${version}`), trainingData, seed: version };
    const { id } = await registerRandomVersion(
      { database, store },
      {
        ...{ modelName: 'compared', seed: version },
        manifest: { provenance: { ...provenance, parameters: {}, codeRevision: null, libraries: {} } },
      },
    );
    const answers = stored.map(({ label }) => {
      const centre = label === 'blast' ? 0.7 : 0.3;
      const probability = Math.min(0.999, Math.max(0.001, centre + random.between(-0.4, 0.4)));
      const isUnclear = Math.abs(probability - 0.5) < 0.05;
      return { probability, outcome: isUnclear ? ('INDETERMINATE' as const) : ('CLASSIFIED' as const) };
    });
    await recordEvaluation(database, id, snapshot.id, {}, answers);
    modelVersionIds.push(id);
  }

  const client = createTestClient(server.url);
  await client.signIn(ADMIN);
  const input = { modelVersionIds, datasetSnapshotId: snapshot.id };
  const measure = async (fields: string) => {
    const begun = performance.now();
    const answer = await client.graphql(
      `query ($input: CompareVersionsInput!) { compareVersions(input: $input) { ${fields} } }`,
      { input },
    );
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return performance.now() - begun;
  };
  const queries = { ...PARTS, 'all of it': Object.values(PARTS).join(' ') };
  for (const [name, fields] of Object.entries(queries)) {
    const times: number[] = [];
    for (let repeat = 0; repeat < (repeats ?? 0); repeat++) times.push(await measure(fields));
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
    console.log(
      `${name.padEnd(28)} ${median.toFixed(0).padStart(6)} ms   (${times.map((time) => time.toFixed(0)).join(', ')})`,
    );
  }
} finally {
  await parts.close();
}
