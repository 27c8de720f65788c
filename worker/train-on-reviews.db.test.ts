import { pino } from 'pino';
import type { Viewer } from '../server/api/context.js';
import { readArtifact } from '../server/artifact/artifact-store.js';
import { Manifest } from '../server/artifact/manifest.js';
import { asProcess } from '../server/database/testing.js';
import { eraseCase } from '../server/features/erasure/erase-case.js';
import { registerRandomChampion } from '../server/features/models/testing.js';
import { classifyBytes } from '../server/features/predictions/testing.js';
import { ingestReviews } from '../server/features/review-snapshots/ingest-reviews.js';
import { reviewPrediction } from '../server/features/reviews/review-prediction.js';
import { openTestServices, type TestServices } from '../server/graphql/testing.js';
import { drawDemoCells } from '../server/imaging/demo-cells.js';
import { artifactPrefix } from '../server/storage/keys.js';
import { installTensorFlow, isTensorFlowInstalled } from '../training/tensorflow/install-tensorflow.js';
import { demoCells, storeDemoSnapshot, storeRun, tinyRecipe } from '../training/testing.js';
import { superviseRun } from './supervise-run.js';

const NEVER = new AbortController().signal;
const CASES = 4;
const REVIEWED = 16;

(isTensorFlowInstalled() ? describe : describe.skip)('a training run on a base and reviewed cells', () => {
  let services: TestServices;
  let engineer: Viewer;
  beforeAll(async () => {
    services = await openTestServices();
    engineer = await services.createViewer();
    await registerRandomChampion(services.contextOf(engineer), {
      manifest: { classes: ['lymphocyte', 'blast'] },
    });
  });
  afterAll(() => services.close());

  /** Classifies and reviews drawn cells of four cases. Returns the case references. */
  async function reviewCells(): Promise<string[]> {
    const context = services.contextOf(engineer);
    const cases = new Set<string>();
    for await (const { bytes, label, group } of drawDemoCells({
      ...demoCells,
      ...{ count: REVIEWED, seed: 2, patients: CASES },
    })) {
      const caseReference = `case of ${group}`;
      const answered = { bytes, fileName: null, caseReference, modelName: null, modelVersionId: null };
      const { id } = await classifyBytes(context, answered);
      await reviewPrediction(context, { predictionId: id, label, origin: 'RANDOM_SAMPLE' });
      cases.add(caseReference);
    }
    return [...cases];
  }

  async function combinedSnapshot(baseSnapshotId: string): Promise<string> {
    const { data, errors } = await services.execute(
      `mutation ($input: CreateDatasetSnapshotInput!) {
        createDatasetSnapshot(input: $input) { datasetSnapshot { id } userErrors { message } }
      }`,
      { input: { name: 'combined', source: 'reviews', reviews: { baseSnapshotId } } },
      engineer,
    );
    expect([errors, data.createDatasetSnapshot.userErrors]).toEqual([[], []]);
    const { id } = data.createDatasetSnapshot.datasetSnapshot;
    await ingestReviews(services, id, { signal: NEVER, attempt: 1 });
    return id;
  }

  it('makes a version that says where its images come from, and which were erased before', async () => {
    const { database, store, folder } = services;
    const baseId = await storeDemoSnapshot(database, store, 'base');
    const [erased = '', ...others] = await reviewCells();
    const id = await combinedSnapshot(baseId);
    const snapshot = await database.datasetSnapshot.findUniqueOrThrow({ where: { id } });
    expect(snapshot).toMatchObject({ status: 'READY', itemCount: demoCells.count + REVIEWED });
    await eraseCase(services.contextOf(engineer), {
      caseReference: erased,
      reason: 'Requested by the patient',
    });

    const runId = await storeRun(database, 'combined', id, { ...tinyRecipe, epochs: 2 });
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: asProcess(services.databaseUrl),
      DATA_DIR: folder,
      LOG_LEVEL: 'error',
    };
    const log = pino({ level: 'silent' });
    await superviseRun({ database, store, log, env, installTensorFlow }, runId, {
      signal: NEVER,
      attempt: 1,
    });

    const run = await database.trainingRun.findUniqueOrThrow({
      where: { id: runId },
      include: { modelVersion: true, items: true },
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', error: null });
    const { provenance } = Manifest.parse(run.modelVersion?.manifest);
    const ofErased = REVIEWED / CASES;
    expect(provenance).toMatchObject({
      snapshotDigest: snapshot.digest,
      itemCounts: { reviewed: REVIEWED - ofErased, other: demoCells.count },
      erased: { count: ofErased, digestOfOthers: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(provenance.erased?.digestOfOthers).not.toBe(snapshot.digest);
    expect(run.modelVersion?.modelCard).toContain(`${ofErased} images were erased with their cases`);
    await readArtifact(store, artifactPrefix('combined', 1), run.modelVersion?.digest ?? '');

    // Every item that is left has a split, and no patient is in two.
    expect(run.items).toHaveLength(demoCells.count + REVIEWED - ofErased);
    const groupOf = new Map(
      (await database.datasetItem.findMany({ where: { snapshotId: id } })).map(({ key, group }) => [
        key,
        group,
      ]),
    );
    const splitsOf = new Map<string, Set<string>>();
    for (const { key, split } of run.items) {
      const group = groupOf.get(key) ?? '';
      splitsOf.set(group, (splitsOf.get(group) ?? new Set()).add(split));
    }
    expect(splitsOf.size).toBe(12 + others.length);
    expect([...splitsOf.values()].filter(({ size }) => size > 1)).toEqual([]);
  });
});
