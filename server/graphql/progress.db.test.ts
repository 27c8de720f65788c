import { parse, subscribe } from 'graphql';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { RequestContext, Viewer } from '../api/context.js';
import { Role } from '../api/permissions.js';
import { newId } from '../database/ids.js';
import {
  bulkClassifications,
  recordBulkAnswers,
  recordFileCounts,
  startBulkClassification,
} from '../features/bulk/bulk-lifecycle.js';
import { runBulkClassification } from '../features/bulk/run-bulk-classification.js';
import { ingestSnapshot } from '../features/datasets/ingest-snapshot.js';
import { createSnapshot } from '../features/datasets/testing.js';
import {
  evaluations,
  recordEvaluation,
  startEvaluation,
} from '../features/models/evaluations/evaluation-lifecycle.js';
import { registerRandomChampion } from '../features/models/testing.js';
import { writeDemoCells } from '../imaging/demo-cells.js';
import { drawSmear } from '../imaging/testing.js';
import { markCancelled, markFailed, markSucceeded, requestCancel, requeueJob } from '../jobs/job-table.js';
import { openTestServices, type TestServices } from './testing.js';

// The progress of jobs, as subscriptions report it.

const NEVER = { signal: new AbortController().signal, attempt: 1 };

let services: TestServices;
let viewer: Viewer;
let versionId: string;

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer();
  ({ id: versionId } = await registerRandomChampion(services.contextOf(viewer), { modelName: 'progress' }));
});
afterAll(() => services.close());

interface Followed {
  /** The next state; null after the last. */
  next: () => Promise<any>;
  stop: () => Promise<unknown>;
}

async function begin(field: string, id: string, context: RequestContext) {
  return subscribe({
    schema: services.schema,
    document: parse(`subscription ($id: ID!) { ${field}(id: $id) ${selectionOf[field]} }`),
    variableValues: { id },
    contextValue: context,
  });
}

const selectionOf: Record<string, string> = {
  bulkClassificationChanged: '{ status itemCount doneCount failedCount progress error modelVersion { id } }',
  datasetSnapshotChanged: '{ status progress itemCount findings { check } }',
  evaluationChanged: '{ status itemCount error }',
  trainingRunChanged: '{ status }',
};

async function follow(field: string, id: string, context = services.contextOf(viewer)): Promise<Followed> {
  const begun = await begin(field, id, context);
  if (!(Symbol.asyncIterator in begun)) throw new Error(JSON.stringify(begun.errors));
  const next = async () => {
    const { done, value } = await begun.next();
    if (done) return null;
    const { data, errors } = value;
    expect(errors).toBeUndefined();
    return JSON.parse(JSON.stringify(data?.[field]));
  };
  return { next, stop: () => begun.return(undefined) };
}

/** The states until the last, without repetitions: how many of them are combined depends on the speed of the machine. */
async function allOf({ next }: Followed) {
  const states = [];
  for (let state = await next(); state !== null; state = await next()) states.push(state);
  return states;
}

async function newBulk(data: Partial<{ source: string; siteId: string }> = {}): Promise<string> {
  const id = newId('bulk');
  await services.database.bulkClassification.create({
    data: {
      ...{ id, status: 'QUEUED', source: 'file:/x', modelVersionId: versionId, createdById: viewer.id },
      ...data,
    },
  });
  return id;
}

async function newEvaluation(): Promise<string> {
  const snapshot = await createSnapshot(services.database, [{ image: 'a', group: 'one' }]);
  const id = newId('eval');
  await services.database.evaluation.create({
    data: { id, status: 'QUEUED', modelVersionId: versionId, datasetSnapshotId: snapshot.id },
  });
  return id;
}

async function newSnapshot(source: string): Promise<string> {
  const id = newId('snap');
  await services.database.datasetSnapshot.create({
    data: { id, name: id, version: 1, status: 'INGESTING', source },
  });
  return id;
}

test('a bulk classification: the current state, each change, and the end', async () => {
  const { database } = services;
  const id = await newBulk();
  const other = await newBulk();
  const { next } = await follow('bulkClassificationChanged', id);
  expect(await next()).toMatchObject({ status: 'QUEUED', itemCount: null, progress: 0 });

  await startBulkClassification(database, other);
  await startBulkClassification(database, id);
  expect(await next()).toMatchObject({ status: 'RUNNING', itemCount: null });
  await recordFileCounts(database, id, { candidates: 4, systemFiles: 0 });
  expect(await next()).toMatchObject({ status: 'RUNNING', itemCount: 4, progress: 0 });
  await recordBulkAnswers(database, id, [{ key: 'a.png', skipped: { reason: 'UNREADABLE', detail: 'x' } }]);
  expect(await next()).toMatchObject({ failedCount: 1, progress: 0.25, modelVersion: { id: versionId } });
  await markSucceeded(database, bulkClassifications, id);
  expect(await next()).toMatchObject({ status: 'SUCCEEDED', progress: 1 });
  expect(await next()).toBeNull();
});

test('a bulk classification that a worker runs ends with its counts', async () => {
  const folder = path.join(services.config.ingestRoots[0] ?? '', 'progress');
  await mkdir(folder, { recursive: true });
  for (const seed of [1, 2, 3])
    await writeFile(path.join(folder, `${seed}.png`), await drawSmear({ seed }).png().toBuffer());
  await cp(path.join(folder, '1.png'), path.join(folder, 'again.png'));
  const id = await newBulk({ source: `file:${folder}` });
  const followed = await follow('bulkClassificationChanged', id);
  expect(await followed.next()).toMatchObject({ status: 'QUEUED' });
  const states = allOf(followed);
  await runBulkClassification({ ...services, threads: 1 }, id, NEVER);
  expect((await states).at(-1)).toMatchObject({
    status: 'SUCCEEDED',
    doneCount: 4,
    itemCount: 4,
    progress: 1,
  });
});

test('a bulk classification that is cancelled, and one that is continued', async () => {
  const { database } = services;
  const id = await newBulk();
  await markFailed(database, bulkClassifications, id, 'The bucket is unreachable.');
  const failed = await follow('bulkClassificationChanged', id);
  expect(await allOf(failed)).toMatchObject([{ status: 'FAILED', error: 'The bucket is unreachable.' }]);

  await requeueJob(database, bulkClassifications, id);
  const continued = await follow('bulkClassificationChanged', id);
  expect(await continued.next()).toMatchObject({ status: 'QUEUED', error: null });
  await requestCancel(database, bulkClassifications, id);
  expect((await allOf(continued)).at(-1)).toMatchObject({ status: 'CANCELLED' });
});

test('an evaluation: the current state, each change, and the end', async () => {
  const { database } = services;
  const id = await newEvaluation();
  const { next } = await follow('evaluationChanged', id);
  expect(await next()).toEqual({ status: 'QUEUED', itemCount: 0, error: null });
  await startEvaluation(database, id);
  expect(await next()).toMatchObject({ status: 'RUNNING' });
  const metrics = {
    ...{ itemCount: 7, groupCount: 2, auc: null, sensitivity: null, specificity: null },
    ...{ balancedAccuracy: null, expectedCalibrationError: null, brierScore: null, abstentionRate: null },
    ...{ confusionMatrix: [], rocCurve: [], reliabilityCurve: [] },
  };
  await recordEvaluation(database, id, metrics, []);
  expect(await next()).toEqual({ status: 'SUCCEEDED', itemCount: 7, error: null });
  expect(await next()).toBeNull();

  const failing = await newEvaluation();
  const failed = await follow('evaluationChanged', failing);
  await failed.next();
  await markFailed(database, evaluations, failing, 'x');
  expect(await allOf(failed)).toEqual([{ status: 'FAILED', itemCount: 0, error: 'x' }]);
});

test('an evaluation that is cancelled: while it is queued, and while it runs', async () => {
  const { database } = services;
  const queued = await newEvaluation();
  const waiting = await follow('evaluationChanged', queued);
  expect(await waiting.next()).toMatchObject({ status: 'QUEUED' });
  await requestCancel(database, evaluations, queued);
  expect(await allOf(waiting)).toEqual([{ status: 'CANCELLED', itemCount: 0, error: null }]);

  const running = await newEvaluation();
  await startEvaluation(database, running);
  const followed = await follow('evaluationChanged', running);
  expect(await followed.next()).toMatchObject({ status: 'RUNNING' });
  await requestCancel(database, evaluations, running);
  await markCancelled(database, evaluations, running);
  expect((await allOf(followed)).at(-1)).toEqual({ status: 'CANCELLED', itemCount: 0, error: null });
});

test('a snapshot: from INGESTING to READY, with its findings', async () => {
  const cells = path.join(services.config.ingestRoots[0] ?? '', 'cells');
  await writeDemoCells(cells, { count: 24, seed: 1, size: 48, patients: 4 });
  const id = await newSnapshot(`file:${cells}`);
  const followed = await follow('datasetSnapshotChanged', id);
  expect(await followed.next()).toMatchObject({ status: 'INGESTING', progress: 0, findings: [] });
  const states = allOf(followed);
  await ingestSnapshot(services, id, NEVER);
  const seen = await states;
  expect(seen.at(-1)).toMatchObject({ status: 'READY', progress: 1, itemCount: 24 });
  expect(seen.at(-1).findings.length).toBeGreaterThan(0);
  expect(await allOf(await follow('datasetSnapshotChanged', id))).toEqual([seen.at(-1)]);
});

test.each([
  ['bulkClassificationChanged', 'bulk'],
  ['datasetSnapshotChanged', 'snap'],
  ['evaluationChanged', 'eval'],
  ['trainingRunChanged', 'run'],
] as const)('%s refuses what does not exist, and who is not signed in', async (field, prefix) => {
  const refusalOf = async (id: string, who: Viewer | null) => {
    const begun = await begin(field, id, services.contextOf(who));
    return 'errors' in begun ? begun.errors?.map(({ extensions: { code } }) => code) : null;
  };
  expect(await refusalOf(newId(prefix), viewer)).toEqual(['NOT_FOUND']);
  expect(await refusalOf('x', viewer)).toEqual(['BAD_USER_INPUT']);
  expect(await refusalOf(newId(prefix), null)).toEqual(['UNAUTHENTICATED']);
});

test('a bulk classification of another site answers like one that does not exist', async () => {
  const sites = [newId('site'), newId('site')] as const;
  await services.database.site.createMany({ data: sites.map((id) => ({ id, name: id })) });
  const clinician = await services.createViewer(Role.CLINICIAN);
  const own = services.contextOf({ ...clinician, siteIds: [sites[0]], seesAllSites: false });
  const theirs = await newBulk({ siteId: sites[1] });
  expect(await begin('bulkClassificationChanged', theirs, own)).toMatchObject({
    errors: [{ extensions: { code: 'NOT_FOUND' } }],
  });
  const mine = await follow('bulkClassificationChanged', await newBulk({ siteId: sites[0] }), own);
  expect(await mine.next()).toMatchObject({ status: 'QUEUED' });
  await mine.stop();
});

test('all subscribers that a change reaches share one read', async () => {
  let reads = 0;
  const database = services.database.$extends({
    query: {
      bulkClassification: {
        findMany: ({ args, query }) => {
          reads++;
          return query(args);
        },
      },
    },
  }) as unknown as TestServices['database'];
  const id = await newBulk();
  const context = () => ({ ...services.contextOf(viewer), database });
  const followed = await Promise.all(
    Array.from({ length: 20 }, () => follow('bulkClassificationChanged', id, context())),
  );
  for (const { next } of followed) await next();
  reads = 0;
  const states = followed.map(({ next }) => next());
  await startBulkClassification(services.database, id);
  for (const state of await Promise.all(states)) expect(state).toMatchObject({ status: 'RUNNING' });
  expect(reads).toBe(1);
  for (const { stop } of followed) await stop();
});

test('a change that was published while the connection for events was broken is reported afterwards', async () => {
  const id = await newEvaluation();
  const { next } = await follow('evaluationChanged', id);
  expect(await next()).toMatchObject({ status: 'QUEUED' });
  const client = new pg.Client(services.databaseUrl);
  await client.connect();
  // Not published: as if it had happened while nothing listened.
  await client.query(
    `UPDATE "Evaluation" SET status = 'FAILED', error = 'x', "finishedAt" = now() WHERE id = $1`,
    [id],
  );
  await client.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'cytograph: events' AND datname = current_database()`);
  await client.end();
  expect(await next()).toMatchObject({ status: 'FAILED', error: 'x' });
  expect(await next()).toBeNull();
});
